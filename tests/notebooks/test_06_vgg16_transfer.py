import json
from types import SimpleNamespace

import numpy as np
import pytest

from cnnlab.evaluation.layers import count_macs
from cnnlab.networks.devices import FLOAT32, MIXED_BFLOAT16, use_policy
from cnnlab.networks.features import fix_vgg16
from cnnlab.networks.training import make_reproducible
from cnnlab.networks.transfer import list_stages
from cnnlab.networks.vgg16 import build_vgg16_classifier, take_top
from cnnlab.networks.vgg16_weights import VGG16_DIGEST
from cnnlab.settings import PROFILES
from notebooks.cells import run_cells

NOTEBOOK = "06_vgg16_transfer"
LAYERS = ("global_average_pool", "block4_pool", "block3_pool")
ANSWER = run_cells(NOTEBOOK, "imports", "network")


@pytest.mark.parametrize("policy", [FLOAT32, MIXED_BFLOAT16])
def test_what_is_trained_is_the_packages_to_the_byte(policy):
    """The description names the training, which the notebook is to find where it was done."""
    descriptions = []
    for build in (ANSWER["build_network"], build_vgg16_classifier):
        make_reproducible(0)
        with use_policy(policy):
            network = build()
            tops = [take_top(network, layer) for layer in LAYERS]
        descriptions.append([json.loads(top.to_json()) for top in tops])
    assert descriptions[0] == descriptions[1]


def test_what_is_frozen_is_the_packages():
    assert fix_vgg16(FLOAT32, ANSWER["build_network"]).digest == VGG16_DIGEST


def test_with_the_same_head_it_gives_the_same_answers():
    images = np.random.default_rng(0).integers(0, 256, (8, 128, 128, 3), np.uint8)
    faces = SimpleNamespace(images=images, split=SimpleNamespace(training=np.arange(8)))
    names = run_cells(NOTEBOOK, "check-network", **ANSWER | {"faces": faces})
    assert np.ptp(np.asarray(names["network"](names["probe"]))) > 1, "the head knows nothing"


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_the_stages_are_the_packages(profile):
    stages = run_cells(NOTEBOOK, "imports", "stages", profile=profile)["stages"]
    assert stages == list_stages(profile)
    assert repr(stages) == repr(list_stages(profile)), "1 and 1.0 are written differently"


def test_network_and_stages_are_what_is_trained():
    asked = {}
    given = ANSWER | {"faces": "faces", "profile": "profile", "stages": "stages"}

    def train(faces, profile, **options):
        asked.update(options, faces=faces)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        run_cells(NOTEBOOK, "train", **given | {"train_vgg16": train})
    expected = {"faces": "faces", "stages": "stages", "build": ANSWER["build_network"]}
    assert asked == expected


def test_blocks_1_to_3_do_three_fifths_of_the_arithmetic():
    network = build_vgg16_classifier()
    above = count_macs(take_top(network, "block3_pool"))
    assert 1 - above / count_macs(network) == pytest.approx(0.6, abs=0.02)
