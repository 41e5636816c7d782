import json
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from cnnlab import paths
from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.pipeline import training_batches
from cnnlab.networks.devices import (
    choose_strategy,
    describe_cap,
    detect_policy,
    share_equally,
    use_policy,
)
from cnnlab.networks.training import Stopping, Training, train

TWO_DEVICES = """
import sys
from pathlib import Path
import tensorflow as tf
[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sys.path.insert(0, sys.argv[1])
from test_devices import train_and_resume
train_and_resume(Path(sys.argv[2]))
"""
BATCH_SIZE = 8


def build():
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(8)(keras.layers.Flatten()(x)))


def build_compiled():
    model = build()
    model.compile(
        keras.optimizers.Adam(3e-4),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def batches(count, epoch):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 16, 16, 3), np.uint8)
    rows = np.arange(count)
    return training_batches(images, rows % 8, rows, Augmentation(), BATCH_SIZE, 1, epoch)


def train_small(folder, training_batches=lambda epoch: batches(9, epoch)):
    """Two epochs, the second batch of each with a single image."""
    weights = {label: 1 + label / 8 for label in range(8)}
    batched = (training_batches, lambda: batches(8, 99))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "TRAINED", folder)
        train(Training("small", {}, build_compiled, *batched, Stopping(2, 2), 1, weights))


def train_and_resume(folder):
    """Train, and again from the first epoch on; run on two devices by ``TWO_DEVICES``."""
    whole, resumed = folder / "whole", folder / "resumed"

    def leave_first(epoch):
        if epoch == 1:
            # All that is left of a process that ends here.
            shutil.copytree(whole, resumed)
        return batches(9, epoch)

    train_small(whole, leave_first)
    [first] = resumed.glob("*/epoch-*")
    train_small(resumed)
    assert not first.exists(), "the first epoch was not gone on from"
    (folder / "devices.json").write_text(json.dumps(choose_strategy().num_replicas_in_sync))


def read(folder):
    """The history and the chosen weights of the one training in a folder."""
    [history], [weights] = folder.glob("*/history.csv"), folder.glob("*/chosen.weights.h5")
    model = build()
    model.load_weights(weights)
    return pd.read_csv(history), model.get_weights()


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    train_small(one / "whole")
    here = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", TWO_DEVICES, here, str(two)], check=True)
    return one, two


def test_every_device_is_used(folders):
    assert choose_strategy().num_replicas_in_sync == 1
    assert json.loads((folders[1] / "devices.json").read_text()) == 2


def test_two_devices_train_as_one_does(folders):
    (one, weights), (two, others) = (read(folder / "whole") for folder in folders)
    assert len(one) == len(two) == 2
    np.testing.assert_allclose(two["val_loss"], one["val_loss"], rtol=1e-4)
    keras.utils.set_random_seed(1)
    for start, weight, other in zip(build().get_weights(), weights, others, strict=True):
        # Adam divides by the gradient's size: where it is near zero, rounding counts.
        assert np.abs(other - weight).mean() <= 0.01 * np.abs(weight - start).mean()


def test_a_resumed_training_on_two_devices_is_the_uninterrupted_one(folders):
    (whole, weights), (resumed, others) = (read(folders[1] / name) for name in ("whole", "resumed"))
    columns = ["loss", "accuracy", "val_loss", "val_accuracy"]
    pd.testing.assert_frame_equal(whole[columns], resumed[columns])
    for one, other in zip(weights, others, strict=True):
        np.testing.assert_array_equal(one, other)


def test_trainings_on_one_and_two_devices_are_kept_apart(folders):
    one, two = ({path.name for path in folder.glob("whole/*")} for folder in folders)
    assert one.isdisjoint(two)


@pytest.mark.parametrize("count", [4, 5, 6, 7])
def test_only_uneven_batches_are_repeated(count):
    images = np.arange(count, dtype=np.float32)[:, None]
    data = tf.data.Dataset.from_tensor_slices((images, np.arange(count))).batch(4)
    repeated = share_equally(data, 2)
    for given, (shared, labels) in zip(data, repeated, strict=True):
        even = len(given[0]) % 2 == 0
        np.testing.assert_array_equal(shared, given[0] if even else np.tile(given[0], (2, 1)))
        np.testing.assert_array_equal(labels, given[1] if even else np.tile(given[1], 2))


without_gpu = pytest.mark.skipif(
    bool(tf.config.list_physical_devices("GPU")), reason="a GPU decides before the processor does"
)


@without_gpu
@pytest.mark.parametrize(
    ("flags", "policy"),
    [
        ("flags : fpu sse2 avx2", "float32"),
        ("flags : fpu avx512f avx512_bf16 amx_tile", "mixed_bfloat16"),
        ("flags : fpu amx_bf16", "mixed_bfloat16"),
        ("flags : fpu avx512_bf16_lookalike", "float32"),
    ],
)
def test_policy_follows_the_processors_flags(tmp_path, flags, policy):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(flags)
    assert detect_policy(cpuinfo) == policy


@without_gpu
@pytest.mark.parametrize(
    ("cap", "policy"),
    [("AVX2", "float32"), ("AVX512_CORE", "float32"), ("AVX512_CORE_AMX", "mixed_bfloat16")],
)
def test_a_cap_on_instructions_counts_as_a_processor_without_them(
    tmp_path, monkeypatch, cap, policy
):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags : avx512_bf16")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", cap)
    assert detect_policy(cpuinfo) == policy
    assert describe_cap() == {"ONEDNN_MAX_CPU_ISA": cap}
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA")
    assert describe_cap() == {}


@without_gpu
def test_unknown_processor_gets_float32(tmp_path):
    assert detect_policy(tmp_path / "missing") == "float32"


def test_a_policy_is_in_force_within_its_block_alone():
    with pytest.raises(KeyError), use_policy("mixed_bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
        raise KeyError
    assert keras.layers.Dense(1).compute_dtype == "float32"
