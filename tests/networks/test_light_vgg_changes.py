import keras
import numpy as np
import pytest

from cnnlab.explain.cam.class_activation import differentiate_targets, grad_cam
from cnnlab.networks.devices import use_policy
from cnnlab.networks.light_vgg import build_light_vgg
from cnnlab.networks.light_vgg_changes import (
    CHANGED,
    ERASED_SHARES,
    FRAME,
    ORIGINAL,
    MirrorDifference,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.random((3, 128, 128, 3)).astype(np.float32)
TARGETS = np.array([0, 3, 7])
BUILD = {architecture.title: architecture.build for architecture in CHANGED}


@pytest.mark.parametrize("architecture", CHANGED, ids=lambda each: each.name)
def test_no_change_costs_parameters_and_all_can_be_explained_where_the_original_is(architecture):
    model = architecture.build()
    assert model.count_params() <= ORIGINAL.build().count_params()
    maps = grad_cam(differentiate_targets(model, IMAGES, "conv5_2", TARGETS))
    assert maps.shape[1:] in {(8, 8), (16, 16)}
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)


@pytest.mark.parametrize("build", [BUILD["framed"], BUILD["together"]])
def test_a_saved_network_with_layers_of_our_own_answers_the_same(build, tmp_path):
    with use_policy("mixed_bfloat16"):
        model = build()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.to_json() == model.to_json()
    np.testing.assert_array_equal(again(IMAGES, training=False), model(IMAGES, training=False))
    assert model.output.dtype == "float32"


def test_names_and_titles_tell_the_variants_apart():
    everything = (ORIGINAL, *CHANGED)
    assert len({each.name for each in everything}) == len({each.title for each in everything})
    assert len({each.name for each in everything}) == len(everything)


@pytest.mark.parametrize("build", [BUILD["pooled"], BUILD["fine"], BUILD["normalised"]])
def test_pooled_maps_are_the_logits(build):
    model = build()
    weights = model.get_layer("logits").kernel.numpy()
    maps = differentiate_targets(model, IMAGES, "conv5_2", TARGETS)
    evidence = np.einsum("nhwk,kc->nhwc", maps.maps, weights).mean(axis=(1, 2))
    np.testing.assert_allclose(evidence, maps.logits, rtol=1e-3, atol=1e-4)


def test_places_without_hidden_layers_add_up_to_the_logit():
    found = differentiate_targets(BUILD["placed"](), IMAGES, "pool5", TARGETS)
    total = (found.maps * found.gradients).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(total, found.logits[np.arange(3), TARGETS], rtol=1e-3, atol=1e-4)


def measure_field(model):
    """The side in pixels of what a cell of ``conv5_2`` depends on, layer by layer."""
    size, stride = 1, 1
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            size += (layer.kernel_size[0] - 1) * layer.dilation_rate[0] * stride
        elif isinstance(layer, keras.layers.MaxPooling2D) and layer.name != "pool5":
            size += (layer.pool_size[0] - 1) * stride
            stride *= layer.strides[0]
    return size


def test_finer_maps_have_the_tabled_weights_and_a_similar_field():
    fine, tabled = BUILD["fine"](), build_light_vgg()
    shapes = [
        [layer.kernel.shape for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
        for model in (fine, tabled)
    ]
    assert shapes[0] == shapes[1]
    assert fine.get_layer("conv5_2").output.shape[1:3] == (16, 16)
    assert [measure_field(model) for model in (fine, tabled)] == [132, 140]


def test_mirror_differences_are_the_same_for_both_sides_and_zero_for_even_faces():
    maps = RNG.random((2, 4, 6, 3)).astype(np.float32)
    found = np.asarray(MirrorDifference()(maps))
    np.testing.assert_array_equal(found[..., :3], maps)
    np.testing.assert_allclose(
        found[..., 3:], np.asarray(MirrorDifference()(maps[:, :, ::-1]))[..., 3:]
    )
    even = maps + maps[:, :, ::-1]
    np.testing.assert_allclose(np.asarray(MirrorDifference()(even))[..., 3:], 0, atol=1e-6)
    assert BUILD["one-sided"]().get_layer("global_average_pool").output.shape == (None, 256)


def test_the_framed_network_is_blind_for_the_frame_only():
    model = BUILD["framed"]()
    changed = RNG.random(IMAGES.shape).astype(np.float32)
    inside = slice(FRAME, 128 - FRAME)
    changed[:, inside, inside] = IMAGES[:, inside, inside]
    np.testing.assert_array_equal(model(changed), model(IMAGES))
    changed[:, FRAME, FRAME] += 0.5
    assert not np.array_equal(model(changed), model(IMAGES))


@pytest.mark.parametrize("build", [BUILD["erased"], BUILD["together"]])
def test_rectangles_are_erased_in_training_only(build):
    with use_policy("mixed_bfloat16"):
        erase = build().get_layer("erase")
    images = np.full((200, 64, 64, 3), 0.1, np.float32)
    np.testing.assert_array_equal(erase(images, training=False), images)
    erased = np.asarray(erase(images, training=True)) != images
    shares = erased.mean(axis=(1, 2, 3))
    assert 0.35 < (shares > 0).mean() < 0.65
    found = shares[shares > 0]
    # A rectangle's sides are rounded to pixels.
    assert 0.7 * ERASED_SHARES[0] < found.min() and found.max() < 1.1 * ERASED_SHARES[1]
    rows, columns = erased.any(axis=(2, 3)), erased.any(axis=(1, 3))
    area = rows.sum(axis=1) * columns.sum(axis=1) / 64**2
    np.testing.assert_allclose(shares, area, rtol=1e-6)
