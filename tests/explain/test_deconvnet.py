import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnlab.explain.deconvolution.deconvnet import (
    backpropagate,
    deconvolve,
    forward_with_switches,
    guide,
    project,
    select_strongest_unit,
    trace_back,
    transpose_convolution,
)
from cnnlab.networks.vgg16 import ImageNetPreprocessing

RNG = np.random.default_rng(0)
IMAGES = RNG.random((3, 17, 16, 3)).astype(np.float32)


def build_stack(activation="relu", dtype="float32"):
    """Odd sizes, strides, overlapping pools, both paddings, a ReLU layer of its own."""
    keras.utils.set_random_seed(3)
    options = {"bias_initializer": keras.initializers.RandomNormal(stddev=0.1), "dtype": dtype}
    inputs = keras.Input((17, 16, 3))
    x = keras.layers.Rescaling(2.0, offset=-0.9, dtype=dtype)(inputs)
    x = keras.layers.Conv2D(8, 3, padding="same", activation=activation, name="a", **options)(x)
    x = keras.layers.MaxPooling2D(3, 2, padding="same", name="overlapping", dtype=dtype)(x)
    x = keras.layers.Conv2D(9, (3, 2), strides=2, use_bias=False, dtype=dtype, name="b")(x)
    if activation:
        x = keras.layers.ReLU(name="relu", dtype=dtype)(x)
    x = keras.layers.Conv2D(6, 2, padding="same", activation=activation, name="c", **options)(x)
    x = keras.layers.MaxPooling2D(2, name="pool", dtype=dtype)(x)
    return keras.Model(inputs, x)


def build_classifier(rectify, head):
    """A plain stack with a head, whose every rectifier is ``rectify``."""
    keras.utils.set_random_seed(5)
    inputs = keras.Input((17, 16, 3))
    x = keras.layers.Conv2D(8, 3, activation=rectify, name="a")(inputs)
    x = keras.layers.MaxPooling2D(2, name="pool")(x)
    x = keras.layers.Conv2D(9, 3, activation=rectify, name="b")(x)
    x = keras.layers.GaussianDropout(0.2, name="noise")(x)
    if head == "dense":
        x = keras.layers.Dense(7, activation=rectify)(keras.layers.Flatten()(x))
    else:
        x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.5)(x)
    return keras.Model(inputs, keras.layers.Dense(4, name="logits")(x))


def rectify_by(rule):
    """A ReLU whose gradient TensorFlow is told to compute by another rule."""

    @tf.custom_gradient
    def rectify(x):
        masks = {
            "deconvnet": lambda signal: tf.maximum(signal, 0),
            "guided": lambda signal: tf.sign(tf.nn.relu(x)) * tf.maximum(signal, 0),
        }
        return tf.nn.relu(x), masks[rule]

    return rectify


def gradient_of(model, layer, signal):
    """The derivative of <activations, signal> by the input, by TensorFlow."""
    part = keras.Model(model.input, model.get_layer(layer).output)
    images = tf.convert_to_tensor(IMAGES)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(part(images) * signal)
    return tape.gradient(total, images).numpy()


@pytest.mark.parametrize("layer", ["a", "overlapping", "b", "relu", "c", "pool"])
def test_forward_pass_is_the_networks_own(layer):
    model = build_stack()
    expected = keras.Model(model.input, model.get_layer(layer).output)(IMAGES)
    found = forward_with_switches(model, IMAGES, layer).activations
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [(3, 1, "same"), (3, 1, "valid"), (2, 2, "same"), ((5, 3), 2, "valid"), (3, (2, 1), "same")],
)
def test_transposed_convolution_is_the_adjoint(kernel, stride, padding):
    layer = keras.layers.Conv2D(5, kernel, strides=stride, padding=padding, use_bias=False)
    x = RNG.normal(size=(2, 11, 14, 4)).astype(np.float32)
    y = np.asarray(layer(x))
    other = RNG.normal(size=y.shape).astype(np.float32)
    back = transpose_convolution(other, layer, x.shape).numpy()
    assert np.vdot(y, other) == pytest.approx(np.vdot(x, back), rel=1e-5)


def test_unpooling_puts_values_where_the_maxima_were():
    inputs = keras.Input((17, 16, 3))
    model = keras.Model(inputs, keras.layers.MaxPooling2D(2, name="pool")(inputs))
    forward = forward_with_switches(model, IMAGES, "pool")
    back = trace_back(forward, forward.activations)
    where = back != 0
    assert where.sum() == forward.activations.numpy().size
    np.testing.assert_array_equal(back[where], IMAGES[where])
    windows = back[:, :16].reshape(3, 8, 2, 8, 2, 3)
    np.testing.assert_array_equal(windows.max(axis=(2, 4)), forward.activations)


def test_of_equal_maxima_the_first_counts():
    inputs = keras.Input((4, 4, 1))
    model = keras.Model(inputs, keras.layers.MaxPooling2D(2, name="pool")(inputs))
    images = np.zeros((2, 4, 4, 1), np.float32)
    images[1, 0, 1] = images[1, 1, 0] = 1
    back = trace_back(forward_with_switches(model, images, "pool"), np.ones((2, 2, 2, 1)))
    assert np.flatnonzero(back[0]).tolist() == [0, 2, 8, 10]
    assert back[1, :2, :2, 0].tolist() == [[0, 1], [0, 0]]


def test_where_windows_overlap_values_add_up():
    inputs = keras.Input((3, 3, 1))
    model = keras.Model(inputs, keras.layers.MaxPooling2D(2, 1, name="pool")(inputs))
    images = np.zeros((1, 3, 3, 1), np.float32)
    images[0, 1, 1] = 7
    back = trace_back(forward_with_switches(model, images, "pool"), np.ones((1, 2, 2, 1)))
    assert back[0, :, :, 0].tolist() == [[0, 0, 0], [0, 4, 0], [0, 0, 0]]


@pytest.mark.parametrize("rule", [deconvolve, backpropagate, guide])
@pytest.mark.parametrize("layer", ["c", "pool"])
def test_without_rectifiers_every_rule_is_the_gradient(layer, rule):
    model = build_stack(activation=None)
    forward = forward_with_switches(model, IMAGES, layer)
    signal = RNG.normal(size=forward.activations.shape).astype(np.float32)
    np.testing.assert_allclose(
        trace_back(forward, signal, rule), gradient_of(model, layer, signal), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("layer", ["a", "relu", "pool"])
def test_backpropagation_is_the_gradient_with_rectifiers_too(layer):
    model = build_stack()
    forward = forward_with_switches(model, IMAGES, layer)
    activations = forward.activations.numpy()
    channel = int(activations.max(axis=(0, 1, 2)).argmax())
    signal, _ = select_strongest_unit(activations, channel)
    assert signal.any()
    np.testing.assert_allclose(
        project(model, IMAGES, layer, channel, backpropagate),
        gradient_of(model, layer, signal),
        rtol=1e-4,
        atol=1e-5,
    )


def test_rules_on_one_line_of_numbers():
    signal = tf.constant([1.0, -2.0, 3.0, -4.0])
    before = tf.constant([5.0, 6.0, -7.0, -8.0])
    assert backpropagate(signal, before).numpy().tolist() == [1, -2, 0, 0]
    assert deconvolve(signal, before).numpy().tolist() == [1, 0, 3, 0]
    assert guide(signal, before).numpy().tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("head", ["dense", "average"])
@pytest.mark.parametrize(("name", "rule"), [("deconvnet", deconvolve), ("guided", guide)])
def test_rules_are_those_of_a_network_with_its_gradient_replaced(name, rule, head):
    model = build_classifier("relu", head)
    replaced = build_classifier(rectify_by(name), head)
    replaced.set_weights(model.get_weights())
    forward = forward_with_switches(model, IMAGES, "logits")
    np.testing.assert_allclose(forward.activations, model(IMAGES), rtol=1e-4, atol=1e-5)
    signal = np.eye(4, dtype=np.float32)[[2, 0, 3]]
    found = trace_back(forward, signal, rule)
    assert found.any(axis=(1, 2, 3)).all()
    expected = gradient_of(replaced, "logits", signal)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("head", ["dense", "average"])
def test_logits_without_rectifiers_are_traced_to_their_gradient(head):
    model = build_classifier(None, head)
    forward = forward_with_switches(model, IMAGES, "logits")
    signal = RNG.normal(size=(3, 4)).astype(np.float32)
    np.testing.assert_allclose(
        trace_back(forward, signal), gradient_of(model, "logits", signal), rtol=1e-4, atol=1e-5
    )


def test_deconvnet_does_not_ask_what_the_relu_did():
    # One pixel, one unit, negative bias: the unit below is off, and the deconvnet passes it.
    inputs = keras.Input((1, 1, 1))
    x = keras.layers.Conv2D(1, 1, activation="relu", name="below")(inputs)
    model = keras.Model(inputs, keras.layers.Conv2D(1, 1, activation="relu", name="top")(x))
    model.get_layer("below").set_weights([np.full((1, 1, 1, 1), 2.0), np.array([-9.0])])
    model.get_layer("top").set_weights([np.full((1, 1, 1, 1), 3.0), np.array([5.0])])
    image = np.ones((1, 1, 1, 1), np.float32)
    assert project(model, image, "top", 0, deconvolve).item() == 5 * 3 * 2
    assert project(model, image, "top", 0, backpropagate).item() == 0


def test_a_silent_feature_map_projects_to_nothing():
    model = build_stack()
    kernel, bias = model.get_layer("c").get_weights()
    kernel[..., 1], bias[1] = 0, -1
    model.get_layer("c").set_weights([kernel, bias])
    assert not project(model, IMAGES, "c", 1).any()


def test_strongest_unit_is_alone_with_its_value():
    activations = RNG.random((4, 5, 6, 3)).astype(np.float32)
    selected, places = select_strongest_unit(activations, 1)
    assert (np.count_nonzero(selected, axis=(1, 2, 3)) == 1).all()
    strongest = activations[..., 1].max(axis=(1, 2))
    np.testing.assert_array_equal(selected.max(axis=(1, 2, 3)), strongest)
    np.testing.assert_array_equal(activations[np.arange(4), *places.T, 1], strongest)


def test_vgg16s_preprocessing_is_traced_back_to_rgb():
    inputs = keras.Input((17, 16, 3))
    x = ImageNetPreprocessing(name="preprocessing")(inputs)
    model = keras.Model(inputs, keras.layers.Conv2D(2, 3, name="conv")(x))
    forward = forward_with_switches(model, IMAGES, "conv")
    signal = RNG.normal(size=forward.activations.shape).astype(np.float32)
    np.testing.assert_allclose(
        trace_back(forward, signal), gradient_of(model, "conv", signal), rtol=1e-4, atol=1e-2
    )


def test_mixed_precision_networks_are_traced_in_float32():
    exact, mixed = build_stack(), build_stack(dtype="mixed_bfloat16")
    mixed.set_weights(exact.get_weights())
    np.testing.assert_allclose(
        project(mixed, IMAGES, "pool", 2), project(exact, IMAGES, "pool", 2), rtol=0.05, atol=0.01
    )


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.BatchNormalization(name="odd"),
        keras.layers.Conv2D(2, 3, dilation_rate=2, name="odd"),
        keras.layers.Conv2D(2, 3, activation="tanh", name="odd"),
        keras.layers.ReLU(max_value=6, name="odd"),
        keras.layers.AveragePooling2D(2, name="odd"),
        keras.layers.Conv2DTranspose(2, 3, name="odd"),
    ],
)
def test_other_layers_are_refused(layer):
    inputs = keras.Input((17, 16, 3))
    with pytest.raises(ValueError, match=r"odd .* cannot be traced back"):
        forward_with_switches(keras.Model(inputs, layer(inputs)), IMAGES, "odd")


def test_branches_and_unknown_layers_are_refused():
    inputs = keras.Input((17, 16, 3))
    one = keras.layers.Conv2D(2, 3, name="one")(inputs)
    two = keras.layers.Conv2D(2, 3, name="two")(inputs)
    model = keras.Model(inputs, [one, two])
    with pytest.raises(ValueError, match="branches"):
        forward_with_switches(model, IMAGES, "two")
    with pytest.raises(ValueError, match="three"):
        forward_with_switches(model, IMAGES, "three")
