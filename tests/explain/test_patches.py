import keras
import numpy as np
import pytest

from cnnlab.explain.deconvolution.deconvnet import project
from cnnlab.explain.deconvolution.patches import (
    choose_channels,
    choose_images,
    collect_patches,
    measure_extent,
    record_peaks,
)


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


def test_images_are_of_distinct_people_the_strongest_first():
    peaks = np.array([1.0, 5, 4, 3, 2, 6])
    people = np.array([0, 1, 1, 2, 2, 1])
    assert choose_images(peaks, people, 2).tolist() == [5, 3]
    assert choose_images(peaks, people, 9).tolist() == [5, 3, 0]
    assert choose_images(peaks, None, 3).tolist() == [5, 1, 2]


def test_the_strongest_maps_are_chosen_by_what_is_shown():
    # Map 0 has the largest peaks, but all on one person.
    peaks = np.array([[9.0, 5, 1], [9, 5, 1], [0, 5, 6], [0, 5, 6]])
    people = np.array([0, 0, 1, 1])
    assert choose_channels(peaks, people, 2, 2).tolist() == [1, 0]
    assert choose_channels(peaks, None, 2, 2).tolist() == [0, 2]


def test_extent_is_the_side_of_the_square_that_holds_the_energy():
    projection = np.zeros((41, 41, 3))
    projection[18:23, 8:13] = -2
    assert measure_extent(projection) == 5
    projection[18:23, 8:13] = 0
    projection[20, 10] = 1
    projection[0, 0, 0] = 1e-3
    assert measure_extent(projection) == pytest.approx(1, abs=0.01)
    assert np.isnan(measure_extent(np.zeros((5, 5, 3))))


def test_patches_are_cut_from_their_images_and_hold_the_whole_projection():
    model = build_stack()
    whole = project(model, IMAGES, "b", 2)
    patches = collect_patches(model, IMAGES, "b", 2)
    assert whole.any()
    for image, projection, patch in zip(IMAGES, whole, patches, strict=True):
        assert patch.image.shape == patch.projection.shape == (8, 8, 3)
        assert np.square(patch.projection).sum() == pytest.approx(
            np.square(projection).sum(), rel=1e-5
        )
        windows = np.lib.stride_tricks.sliding_window_view(image, patch.image.shape)
        assert (windows == patch.image).all(axis=(3, 4, 5)).any()
