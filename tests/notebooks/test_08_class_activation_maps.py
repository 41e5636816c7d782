import numpy as np
import pytest

from cnnlab.explain.cam import class_activation
from cnnlab.networks.light_vgg import build_light_vgg
from cnnlab.networks.light_vgg_changes import build_changed
from notebooks.cells import run_cells

NOTEBOOK = "08_class_activation_maps"
IMAGES = np.random.default_rng(0).random((3, 128, 128, 3)).astype(np.float32)
CLASSES = np.array([0, 5, 2])


@pytest.fixture(scope="module")
def answer():
    return run_cells(NOTEBOOK, "imports", "grad-cam", "proposal")


@pytest.mark.parametrize("method", ["grad_cam", "hires_cam"])
def test_the_notebooks_maps_are_the_packages(answer, method):
    model = build_light_vgg()
    A, g = answer["maps_and_gradients"](model, IMAGES, "conv4_2", CLASSES)
    found = class_activation.differentiate_targets(model, IMAGES, "conv4_2", CLASSES)
    expected = getattr(class_activation, method)(found)
    assert expected.any()
    np.testing.assert_allclose(answer[method](A, g), expected, atol=1e-4 * expected.max())


def test_the_proposal_is_the_packages_network_and_its_own_map(answer):
    proposal, last_maps = answer["build_proposal"]()
    general = build_changed("normalised", is_normalised=True)
    assert proposal.count_params() == general.count_params() < build_light_vgg().count_params() / 6
    general.set_weights(proposal.get_weights())
    logits = proposal(IMAGES).numpy()
    np.testing.assert_allclose(general(IMAGES).numpy(), logits, atol=1e-4)
    kernel, bias = proposal.layers[-1].get_weights()
    contributions = last_maps(IMAGES).numpy() @ kernel
    np.testing.assert_allclose(contributions.mean(axis=(1, 2)) + bias, logits, atol=1e-4)
