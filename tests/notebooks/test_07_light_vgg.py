import keras
import numpy as np
import pytest

from cnnlab.networks import light_vgg
from cnnlab.networks.devices import FLOAT32, MIXED_BFLOAT16, use_policy
from cnnlab.networks.from_scratch import LIGHT_VGG, LIGHT_VGG_AS_TABLED, stop_light_vgg
from cnnlab.networks.training import make_reproducible
from cnnlab.settings import PROFILES
from notebooks.cells import run_cells

NOTEBOOK = "07_light_vgg"
ANSWER = run_cells(NOTEBOOK, "imports", "build-light-vgg")


@pytest.mark.parametrize("policy", [FLOAT32, MIXED_BFLOAT16])
def test_the_notebooks_network_is_the_packages_to_the_byte(policy):
    """The description names the training, which the notebook is to find where it was done."""
    descriptions = []
    for build in (ANSWER["build_light_vgg"], light_vgg.build_light_vgg):
        make_reproducible(0)
        with use_policy(policy):
            descriptions.append(build().to_json())
    assert descriptions[0] == descriptions[1]


def test_with_the_same_weights_it_gives_the_same_answers():
    keras.utils.set_random_seed(0)
    ours, packaged = ANSWER["build_light_vgg"](), light_vgg.build_light_vgg()
    packaged.set_weights(ours.get_weights())
    images = np.random.default_rng(0).random((2, 128, 128, 3), np.float32)
    np.testing.assert_array_equal(ours(images), packaged(images))


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_recipe_and_stopping_are_the_packages(profile):
    names = run_cells(NOTEBOOK, "imports", "recipe", profile=profile)
    assert names["recipe"] == LIGHT_VGG
    assert repr(names["recipe"]) == repr(LIGHT_VGG), "1 and 1.0 are written differently"
    assert names["stopping"] == stop_light_vgg(profile)


def test_the_training_is_named_as_the_packages():
    asked = {}
    given = ANSWER | {
        "recipe": LIGHT_VGG,
        "faces": None,
        "stopping": None,
        "train_network": lambda architecture, *_: asked.update(architecture=architecture),
    }
    run_cells(NOTEBOOK, "train", **given)
    architecture = asked["architecture"]
    assert (architecture.title, architecture.name) == (
        LIGHT_VGG_AS_TABLED.title,
        LIGHT_VGG_AS_TABLED.name,
    )
    assert architecture.build is ANSWER["build_light_vgg"]
