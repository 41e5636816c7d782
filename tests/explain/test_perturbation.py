import keras
import numpy as np
import pytest

from cnnlab.explain.cam.class_activation import differentiate_targets, scale_to_peak
from cnnlab.explain.cam.perturbation import ablation_cam, cover_cells, occlusion

from .made_networks import build_hidden_head, build_spot_network

RNG = np.random.default_rng(0)
IMAGES = RNG.random((4, 16, 16, 3)).astype(np.float32)
TARGETS = np.array([0, 2, 1, 2])


@pytest.mark.parametrize("method", [ablation_cam, occlusion])
def test_maps_are_those_of_each_image_alone(method):
    model = build_hidden_head()
    maps = method(model, IMAGES, "last", TARGETS)
    assert maps.shape == (4, 8, 8) and maps.dtype == np.float32
    assert maps.min() >= 0 and maps.max() <= 1
    for number in range(4):
        alone = method(model, IMAGES[[number]], "last", TARGETS[[number]])
        np.testing.assert_allclose(maps[[number]], alone, atol=1e-5)


def test_ablation_weighs_each_map_by_the_logit_without_it():
    model = build_hidden_head()
    found = differentiate_targets(model, IMAGES, "last", TARGETS)
    x = head_input = keras.Input((8, 8, 6))
    for layer in model.layers[model.layers.index(model.get_layer("last")) + 1 :]:
        x = layer(x)
    head = keras.Model(head_input, x)
    evidence = np.zeros((4, 8, 8))
    for k in range(6):
        maps = found.maps.copy()
        maps[..., k] = 0
        loss = (found.logits - head(maps).numpy())[np.arange(4), TARGETS]
        evidence += loss[:, None, None] * found.maps[..., k]
    expected = scale_to_peak(np.maximum(evidence, 0).astype(np.float32))
    np.testing.assert_allclose(ablation_cam(model, IMAGES, "last", TARGETS), expected, atol=1e-4)


def test_a_class_that_nothing_speaks_for_has_an_empty_map_by_ablation():
    images = RNG.uniform(0.2, 1, (3, 16, 16, 1)).astype(np.float32)
    model = build_spot_network()
    dense = model.get_layer("logits")
    dense.set_weights([-dense.get_weights()[0]])
    assert not ablation_cam(model, images, "last", np.zeros(3, int)).any()


def test_occlusion_finds_the_only_quarter_that_counts():
    images = RNG.uniform(0.2, 1, (3, 16, 16, 1)).astype(np.float32)
    images[:, 8:, 8:] += 1  # hiding by the mean colour must darken the quarter
    maps = occlusion(build_spot_network(), images, "last", np.zeros(3, int))
    assert (maps[:, 2:, 2:] > 0.1).all()
    # A square that hides a cell reaches half a cell over its border.
    assert not maps[:, 0].any() and not maps[:, :, 0].any()


def test_occlusion_is_the_drop_of_the_logit():
    model = build_hidden_head()
    masks = cover_cells((8, 8), (16, 16))
    image, target = IMAGES[1], TARGETS[1]
    covered = np.array([np.where(m[..., None], image.mean(axis=(0, 1)), image) for m in masks])
    before = model(image[None]).numpy()[0, target]
    drops = np.maximum(before - model(covered).numpy()[:, target], 0).reshape(1, 8, 8)
    found = occlusion(model, IMAGES, "last", TARGETS)[1]
    np.testing.assert_allclose(found, scale_to_peak(drops.astype(np.float32))[0], atol=1e-4)


def test_squares_of_occlusion_are_centred_on_their_cells():
    masks = cover_cells((4, 2), (16, 16)).reshape(4, 2, 16, 16)
    assert masks[1, 0].any(axis=1).nonzero()[0].tolist() == list(range(2, 10))
    assert masks[1, 0].any(axis=0).nonzero()[0].tolist() == list(range(0, 12))
    assert masks.any(axis=(0, 1)).all()
