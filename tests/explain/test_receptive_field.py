import keras
import numpy as np
import pytest

from cnnlab.explain.deconvnet import backpropagate, forward_with_switches, trace_back
from cnnlab.explain.receptive_field import ReceptiveField, compute_receptive_field
from cnnlab.models.light_vgg import build_light_vgg


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
def test_crop_is_what_the_gradient_reaches(layer):
    model = build_linear_stack()
    images = np.ones((1, 48, 48, 1), np.float32)
    forward = forward_with_switches(model, images, layer)
    field = compute_receptive_field(model, layer)
    units = forward.activations.shape[1]
    for row, column in [(0, 0), (units // 2, 1), (units - 1, units - 1)]:
        signal = np.zeros(forward.activations.shape, np.float32)
        signal[0, row, column, 0] = 1
        reached = trace_back(forward, signal, backpropagate)[0] != 0
        rows, columns = np.nonzero(reached[:, :, 0])
        numbered = np.stack(np.indices((48, 48)), axis=-1)
        crop = field.crop(numbered, row, column)
        assert crop[0, 0].tolist() == [rows.min(), columns.min()]
        assert crop[-1, -1].tolist() == [rows.max(), columns.max()]


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


def test_crop_at_the_border_leaves_the_padding_out():
    image = np.zeros((10, 10, 3))
    assert ReceptiveField(5, 1, -2).crop(image, 0, 9).shape == (3, 3, 3)
    assert ReceptiveField(5, 1, -2).crop(image, 4, 5).shape == (5, 5, 3)
