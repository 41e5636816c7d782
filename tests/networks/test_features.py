from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from cnnlab.faces.augmentation import Augmentation
from cnnlab.networks import features
from cnnlab.networks.features import (
    FixedNetwork,
    cache_layer_features,
    cache_vgg16_features,
    fix_vgg16,
    pool_block5,
)
from cnnlab.networks.vgg16 import IMAGENET_MEAN_BGR, build_vgg16_base, set_vgg16_kernels
from cnnlab.networks.vgg16_weights import VGG16_DIGEST

FLIP = Augmentation(rotation_degrees=0, shift=0, horizontal_flip=True)


@pytest.fixture
def faces():
    images = np.random.default_rng(0).integers(0, 256, (6, 128, 128, 3), dtype=np.uint8)
    return SimpleNamespace(images=images, digest="six random images")


def cache(faces, root, augmentations, indices=(4, 1, 2), seed=1, network=None):
    network = network or fix_vgg16("float32")
    return cache_vgg16_features(faces, np.array(indices), augmentations, seed, network, 4, root)


def test_unaugmented_copy_is_the_forward_pass_in_the_order_of_the_rows(faces, tmp_path):
    base = build_vgg16_base()
    frozen = keras.Model(base.input, base.get_layer("block4_pool").output)
    (copy,) = cache(faces, tmp_path, [None]).copies
    expected = frozen(faces.images[[4, 1, 2]] / np.float32(255))
    np.testing.assert_allclose(copy, expected, rtol=2e-3, atol=0.5)
    before = set(tmp_path.iterdir())
    pooled = pool_block5([copy], fix_vgg16("float32"), tmp_path)
    whole = np.asarray(base(faces.images[[4, 1, 2]] / np.float32(255))).mean((1, 2))
    np.testing.assert_allclose(pooled[0], whole, rtol=2e-2, atol=0.05)
    # On disk while it is in use, and no longer.
    assert isinstance(pooled, np.memmap)
    assert set(tmp_path.iterdir()) == before


def test_copies_differ_and_are_computed_once(faces, tmp_path):
    first = cache(faces, tmp_path, [None, FLIP])
    assert not np.array_equal(first.copies[0], first.copies[1])

    def refuse():
        raise AssertionError("computed again")

    network = replace(fix_vgg16("float32"), build=refuse)
    second = cache(faces, tmp_path, [None, FLIP], network=network)
    np.testing.assert_array_equal(first.copies[1], second.copies[1])
    assert first.seconds == second.seconds > 0
    with pytest.raises(AssertionError, match="computed again"):
        cache(faces, tmp_path, [None, FLIP], seed=2, network=network)
    with pytest.raises(AssertionError, match="computed again"):
        cache(faces, tmp_path, [None], indices=(1, 4, 2), network=network)


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


def test_an_interrupted_copy_does_not_pass_for_a_whole_one(faces, tmp_path, monkeypatch):
    def cut_off(*_):
        yield faces.images[:1] / np.float32(255)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(features, "evaluation_batches", cut_off)
        with pytest.raises(KeyboardInterrupt):
            cache(faces, tmp_path, [None])
    assert np.any(cache(faces, tmp_path, [None]).copies[0][2])


def test_a_copy_goes_on_behind_its_finished_parts(faces, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "BATCH_SIZE", 2)
    monkeypatch.setattr(features, "PART", 2)
    rows = (0, 1, 2, 3, 4)
    [whole] = cache(faces, tmp_path / "whole", [FLIP], rows).copies
    computed = []
    forward = features._Forward.__call__

    def watched(self, batch):
        computed.append(len(batch))
        if len(computed) == 2:
            raise KeyboardInterrupt
        return forward(self, batch)

    monkeypatch.setattr(features._Forward, "__call__", watched)
    with pytest.raises(KeyboardInterrupt):
        cache(faces, tmp_path / "cut", [FLIP], rows)
    [resumed] = cache(faces, tmp_path / "cut", [FLIP], rows).copies
    # Block 3, cut off in its second part, then block 4.
    assert computed == [2, 2, 2, 1, 2, 2, 1]
    np.testing.assert_array_equal(resumed, whole)
    assert len(list((tmp_path / "cut").glob("*.npy"))) == 2


def test_damaged_features_are_named_and_computed_again(faces, tmp_path, capsys):
    first = np.array(cache(faces, tmp_path, [None]).copies[0])
    [file] = tmp_path.glob("vgg16-block4-*.npy")
    file.write_bytes(file.read_bytes()[:-2])
    np.testing.assert_array_equal(cache(faces, tmp_path, [None]).copies[0], first)
    assert f"{file.name} has" in capsys.readouterr().err


def test_any_layer_of_any_network_is_kept_for_its_weights(faces, tmp_path):
    def build():
        inputs = keras.Input((128, 128, 3))
        pooled = keras.layers.AveragePooling2D(32, name="average")(inputs)
        return keras.Model(inputs, keras.layers.Flatten()(pooled))

    rows = np.array([5, 0])
    network = FixedNetwork("Made", "made", "some weights", "float32", build)
    values = cache_layer_features(faces, rows, network, "average", tmp_path)
    expected = faces.images[rows].reshape(2, 4, 32, 4, 32, 3).mean((2, 4)) / 255
    np.testing.assert_allclose(values, expected, atol=1e-3)
    again = FixedNetwork("Made", "made", "some weights", "float32", lambda: None)
    np.testing.assert_array_equal(
        values, cache_layer_features(faces, rows, again, "average", tmp_path)
    )
    other = FixedNetwork("Made", "made", "other weights", "float32", lambda: None)
    with pytest.raises(AttributeError):
        cache_layer_features(faces, rows, other, "average", tmp_path)


def test_block4_is_shared_with_the_copies(faces, tmp_path):
    (copy,) = cache(faces, tmp_path, [None]).copies
    files = sorted(tmp_path.glob("*.npy"))
    rows = np.array([4, 1, 2])
    shared = cache_layer_features(faces, rows, fix_vgg16("float32"), "block4_pool", tmp_path)
    np.testing.assert_array_equal(shared, copy)
    assert sorted(tmp_path.glob("*.npy")) == files


def test_a_higher_layer_starts_from_what_is_kept_of_a_lower_one(faces, tmp_path, monkeypatch):
    network, rows = fix_vgg16("float32"), np.array([3, 0])
    at_once = FixedNetwork("VGG16", "vgg16", network.digest, "float32", network.build)
    seen, forward = [], features._Forward.__call__

    def watched(self, batch):
        seen.append((self.layer, tuple(batch.shape[1:])))
        return forward(self, batch)

    monkeypatch.setattr(features._Forward, "__call__", watched)
    found = cache_layer_features(faces, rows, network, "block5_pool", tmp_path)
    assert seen == [
        ("block3_pool", (128, 128, 3)),
        ("block4_pool", (16, 16, 256)),
        ("block5_pool", (8, 8, 512)),
    ]
    expected = cache_layer_features(faces, rows, at_once, "block5_pool", tmp_path)
    np.testing.assert_allclose(found, expected, rtol=2e-2, atol=0.05)
    assert len(list(tmp_path.glob("vgg16-block5-*.npy"))) == 2, "two ways, two files"
    # What is kept of the lower ones is not needed again, and not made again.
    for file in tmp_path.glob("vgg16-block[34]-*"):
        file.unlink()
    again = cache_layer_features(faces, rows, network, "block5_pool", tmp_path)
    np.testing.assert_array_equal(again, found)
    assert not list(tmp_path.glob("vgg16-block[34]-*.npy"))


def test_the_seconds_of_lower_features_are_counted(faces, tmp_path, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(features.time, "perf_counter", lambda: float(next(clock)))
    lower = cache_vgg16_features(faces, np.array([1]), [None], 1, fix_vgg16("float32"), 3, tmp_path)
    assert lower.seconds == 1
    assert cache(faces, tmp_path, [None], (1,)).seconds == 2
