import json
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from cnnlab import paths
from cnnlab.faces.augmentation import Augmentation
from cnnlab.networks import features
from cnnlab.networks.features import (
    FixedNetwork,
    cache_layer_features,
    fix_vgg16,
    pool_block5,
)
from cnnlab.networks.vgg16 import IMAGENET_MEAN_BGR, build_vgg16_base, set_vgg16_kernels
from cnnlab.networks.vgg16_weights import VGG16_DIGEST
from plumbing.storage import seal

FLIP = Augmentation(rotation_degrees=0, shift=0, horizontal_flip=True)
ROWS = np.array([4, 1, 2])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "FEATURES", tmp_path)
    return tmp_path


@pytest.fixture
def faces():
    images = np.random.default_rng(0).integers(0, 256, (6, 128, 128, 3), dtype=np.uint8)
    return SimpleNamespace(images=images, digest="six random images")


def cache(faces, augmentation=None, rows=ROWS, seed=1, network=None):
    network = network or fix_vgg16("float32")
    return cache_layer_features(faces, rows, network, "block4_pool", augmentation, seed)


def build_average():
    inputs = keras.Input((128, 128, 3))
    pooled = keras.layers.AveragePooling2D(32, name="average")(inputs)
    return keras.Model(inputs, keras.layers.Flatten()(pooled))


AVERAGE = FixedNetwork("Made", "made", "some weights", "float32", build_average)


def refuse():
    raise AssertionError("computed again")


class Interruption(features.tqdm):
    """A progress bar at whose second batch the user presses Ctrl-C."""

    def update(self, n=1):
        super().update(n)
        if self.n > 2:
            raise KeyboardInterrupt


def test_unmoved_images_have_the_forward_pass_in_the_order_of_the_rows(faces, folder):
    base = build_vgg16_base()
    frozen = keras.Model(base.input, base.get_layer("block4_pool").output)
    found = cache(faces)
    expected = frozen(faces.images[ROWS] / np.float32(255))
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=0.5)
    [pooled] = pool_block5([found], fix_vgg16("float32"))
    whole = np.asarray(base(faces.images[ROWS] / np.float32(255))).mean((1, 2))
    np.testing.assert_allclose(pooled, whole, rtol=2e-2, atol=0.05)


def test_copies_differ_and_are_computed_once(faces):
    unmoved, flipped = (cache(faces, augmentation) for augmentation in (None, FLIP))
    assert not np.array_equal(unmoved, flipped)
    network = replace(fix_vgg16("float32"), build=refuse)
    np.testing.assert_array_equal(cache(faces, FLIP, network=network), flipped)
    for changes in ({"augmentation": FLIP, "seed": 2}, {"rows": ROWS[::-1]}):
        with pytest.raises(AssertionError, match="computed again"):
            cache(faces, network=network, **changes)


def test_a_network_that_answers_otherwise_has_features_of_its_own():
    def build(red_first):
        inputs = keras.Input((128, 128, 3))
        x = 255.0 * inputs if red_first else 255.0 * inputs[..., ::-1]
        x = x - np.array(IMAGENET_MEAN_BGR, np.float32)
        base = keras.applications.VGG16(include_top=False, weights=None, input_tensor=x)
        set_vgg16_kernels(base)
        return keras.Model(inputs, keras.layers.Flatten()(base.output))

    same, other = (
        fix_vgg16("float32", lambda red_first=red_first: build(red_first))
        for red_first in (False, True)
    )
    assert same.digest == fix_vgg16("mixed_bfloat16").digest == VGG16_DIGEST
    assert other.digest != VGG16_DIGEST


def test_an_interrupted_copy_goes_on_behind_its_finished_parts(faces, folder, monkeypatch):
    monkeypatch.setattr(features, "BATCH_SIZE", 1)
    monkeypatch.setattr(features, "PART", 2)
    asked = (faces, np.arange(5), AVERAGE, "average", FLIP, 1)
    with monkeypatch.context() as patch:
        patch.setattr(paths, "FEATURES", folder / "uninterrupted")
        whole = cache_layer_features(*asked)
    with monkeypatch.context() as patch:
        patch.setattr(features, "tqdm", Interruption)
        with pytest.raises(KeyboardInterrupt) as raised:
            cache_layer_features(*asked)
    assert raised.value.__notes__ == ["Made: features of average, augmented: 2 of 5 images"]
    # What is written over the finished part is found in the whole: it was not made again.
    [part] = folder.glob("*.npy")
    np.save(part, np.full((2, 4, 4, 3), 7, np.float16))
    seal(part, json.loads(part.with_name(f"{part.name}.json").read_text())["key"])
    resumed = cache_layer_features(*asked)
    np.testing.assert_array_equal(resumed[:2], 7)
    np.testing.assert_array_equal(resumed[2:], whole[2:])
    assert len(list(folder.glob("*.npy"))) == 1, "parts are not kept"


def test_damaged_features_are_named_and_computed_again(faces, folder, capsys):
    first = np.array(cache(faces))
    [file] = folder.glob("vgg16-block4-*.npy")
    file.write_bytes(file.read_bytes()[:-2])
    np.testing.assert_array_equal(cache(faces), first)
    assert f"{file.name} is damaged" in capsys.readouterr().err


def test_any_layer_of_any_network_is_kept_for_its_weights(faces):
    rows = np.array([5, 0])
    values = cache_layer_features(faces, rows, AVERAGE, "average")
    expected = faces.images[rows].reshape(2, 4, 32, 4, 32, 3).mean((2, 4)) / 255
    np.testing.assert_allclose(values, expected, atol=1e-3)
    again = replace(AVERAGE, build=refuse)
    np.testing.assert_array_equal(values, cache_layer_features(faces, rows, again, "average"))
    with pytest.raises(AssertionError, match="computed again"):
        cache_layer_features(faces, rows, replace(again, digest="other weights"), "average")


def test_a_higher_layer_starts_from_what_is_kept_of_a_lower_one(faces, folder):
    network, rows = fix_vgg16("float32"), np.array([3, 0])
    found = cache_layer_features(faces, rows, network, "block5_pool")
    at_once = cache_layer_features(faces, rows, replace(network, starts={}), "block5_pool")
    np.testing.assert_allclose(found, at_once, rtol=2e-2, atol=0.05)
    assert len(list(folder.glob("vgg16-block5-*.npy"))) == 2, "two ways, two files"
    lower = np.array(cache(faces, rows=rows))
    [block3] = folder.glob("vgg16-block3-*.npy")
    # Block 4's are made again, from the same features of block 3.
    kept = block3.stat().st_mtime_ns
    for file in folder.glob("vgg16-block4-*"):
        file.unlink()
    np.testing.assert_array_equal(cache(faces, rows=rows), lower)
    assert block3.stat().st_mtime_ns == kept
    # What is kept of the lower ones is not needed again, and not made again.
    for file in folder.glob("vgg16-block[34]-*"):
        file.unlink()
    np.testing.assert_array_equal(cache_layer_features(faces, rows, network, "block5_pool"), found)
    assert not list(folder.glob("vgg16-block[34]-*.npy"))
