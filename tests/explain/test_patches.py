import keras
import numpy as np

from cnnlab.explain.patches import choose_channels, collect_patches, record_peaks


def build_stack():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="a")(inputs)
    x = keras.layers.MaxPooling2D(2, name="pool")(x)
    return keras.Model(inputs, keras.layers.Conv2D(5, 3, activation="relu", name="b")(x))


IMAGES = np.random.default_rng(0).random((6, 16, 16, 3)).astype(np.float32)


def test_peaks_are_each_maps_largest_value():
    model = build_stack()
    peaks = record_peaks(model, IMAGES, ("a", "b"))
    for layer in ("a", "b"):
        maps = keras.Model(model.input, model.get_layer(layer).output)(IMAGES).numpy()
        np.testing.assert_allclose(peaks[layer], maps.max(axis=(1, 2)), rtol=1e-5, atol=1e-6)


def test_the_most_variable_maps_are_chosen():
    peaks = np.array([[1.0, 0, 5, 2], [1, 3, 5, 2.5]])
    assert choose_channels(peaks, 2).tolist() == [1, 3]


def test_patches_are_cut_from_the_strongest_images_and_hold_the_whole_projection():
    model = build_stack()
    peaks = record_peaks(model, IMAGES, ("b",))["b"]
    channel = int(peaks.max(axis=0).argmax())
    pairs = collect_patches(model, IMAGES, "b", channel, peaks, 2)
    assert len(pairs) == 2
    best = IMAGES[peaks[:, channel].argmax()]
    patch, projection = pairs[0]
    assert patch.shape == projection.shape
    assert projection.any()
    windows = np.lib.stride_tricks.sliding_window_view(best, patch.shape)
    assert (windows == patch).all(axis=(3, 4, 5)).any()
