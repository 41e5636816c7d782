import keras
import numpy as np
import pytest

from cnnlab.explain.deconvolution.deconvnet import backpropagate, forward_with_switches, trace_back
from cnnlab.explain.deconvolution.plain_stack import ReceptiveField, compute_receptive_field
from cnnlab.networks.light_vgg import build_light_vgg


def build_linear_stack():
    """No rectifier and no pool: the gradient reaches exactly the receptive field."""
    inputs = keras.Input((48, 48, 1))
    options = {"kernel_initializer": "ones", "use_bias": False}
    x = keras.layers.Conv2D(1, 3, padding="same", name="a", **options)(inputs)
    x = keras.layers.Conv2D(1, 2, strides=2, padding="same", name="b", **options)(x)
    x = keras.layers.Conv2D(1, 5, name="c", **options)(x)
    x = keras.layers.Conv2D(1, 3, strides=2, padding="same", name="d", **options)(x)
    return keras.Model(inputs, x)


@pytest.mark.parametrize("layer", ["a", "b", "c", "d"])
def test_crop_holds_what_the_gradient_reaches(layer):
    model = build_linear_stack()
    images = np.ones((1, 48, 48, 1), np.float32)
    forward = forward_with_switches(model, images, layer)
    field = compute_receptive_field(model, layer)
    units = forward.activations.shape[1]
    for row, column in [(0, 0), (units // 2, 1), (units - 1, units - 1)]:
        signal = np.zeros(forward.activations.shape, np.float32)
        signal[0, row, column, 0] = 1
        reached = trace_back(forward, signal, backpropagate)[0] != 0
        for index, seen in zip((row, column), np.nonzero(reached[:, :, 0]), strict=True):
            start = field.start + field.step * index
            assert seen.min() == max(start, 0)
            assert seen.max() == min(start + field.size, 48) - 1
        crop = field.crop(reached, row, column)
        assert crop.shape[:2] == (min(field.size, 48),) * 2
        assert crop.sum() == reached.sum()


def test_light_vggs_fields_are_those_of_the_recursion_by_hand():
    model = build_light_vgg()
    # Two 3x3 convolutions add 4 steps, a pool adds one; each block doubles the step.
    size, step = 1, 1
    for block in range(1, 6):
        size += 4 * step
        assert compute_receptive_field(model, f"conv{block}_2").size == size
        size += step
        step *= 2
        assert compute_receptive_field(model, f"pool{block}").size == size
    assert compute_receptive_field(model, "pool5").step == 32


def test_crops_have_one_size_and_are_moved_inside_the_image():
    image = np.stack(np.indices((10, 12)), axis=-1)
    inside = ReceptiveField(5, 1, -2).crop(image, 4, 5)
    assert (inside[0, 0].tolist(), inside[-1, -1].tolist()) == ([2, 3], [6, 7])
    corner = ReceptiveField(5, 1, -2).crop(image, 0, 11)
    assert (corner[0, 0].tolist(), corner[-1, -1].tolist()) == ([0, 7], [4, 11])
    assert ReceptiveField(11, 1, -5).crop(image, 3, 3).shape == (10, 11, 2)


def test_units_without_a_place_are_refused():
    with pytest.raises(ValueError, match="fc1 has no feature maps"):
        compute_receptive_field(build_light_vgg(), "fc1")
