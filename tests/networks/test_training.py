import shutil

import h5py
import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from cnnlab import paths
from cnnlab.networks.training import (
    LAST,
    LOWEST_LOSS,
    Stopping,
    Training,
    train,
)
from plumbing.storage import seal
from plumbing.user_errors import UserError


def build(run_eagerly=True):
    """A network whose few steps take less time than the graph that they would be compiled to."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.3), keras.layers.Dense(3)])
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 12)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        run_eagerly=run_eagerly,
    )
    return model


def batches(epoch):
    rng = np.random.default_rng([5, epoch])
    inputs = rng.normal(size=(48, 4)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((inputs, inputs[:, :3].argmax(1))).batch(24)


def development():
    return batches(999)


def mislabelled_later(epoch):
    pairs = batches(epoch)
    return pairs if epoch < 1 else pairs.map(lambda x, y: (x, (y + 1) % 3))


ONE_EPOCH, THREE_EPOCHS = Stopping(1, 1), Stopping(3, 3)


def run(root, training_batches=batches, stopping=THREE_EPOCHS, seed=1, build=build, **description):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "TRAINED", root)
        return train(
            Training("tiny", description, build, training_batches, development, stopping, seed)
        )


def refuse(epoch):
    raise AssertionError("trained again")


def assert_same_weights(one, other):
    for weights, others in zip(one.model.weights, other.model.weights, strict=True):
        np.testing.assert_array_equal(weights, others)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return run(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def kept(whole, tmp_path):
    """A copy of the whole training's folder, to damage."""
    return shutil.copytree(whole.folder, tmp_path / whole.folder.name)


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """Where a training was cut off in its third epoch."""

    def interrupt(epoch):
        if epoch == 2:
            raise KeyboardInterrupt
        return batches(epoch)

    root = tmp_path_factory.mktemp("interrupted")
    with pytest.raises(KeyboardInterrupt):
        run(root, interrupt)
    return root


def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path):
    """Compiled, as trainings are in earnest."""
    seen = []

    def watched(epoch):
        if seen == [0, 1]:
            # All that is left of a process that ends here.
            shutil.copytree(tmp_path / "whole", tmp_path / "cut")
        seen.append(epoch)
        return batches(epoch)

    whole, resumed = (
        run(tmp_path / name, watched, build=lambda: build(run_eagerly=False))
        for name in ("whole", "cut")
    )
    assert seen == [0, 1, 2, 2]
    columns = ["loss", "accuracy", "val_loss", "val_accuracy"]
    pd.testing.assert_frame_equal(resumed.history[columns], whole.history[columns])
    assert_same_weights(resumed, whole)


@pytest.mark.parametrize("name", ["model.keras", "chosen.weights.h5", "history.csv"])
def test_a_damaged_epoch_is_named_and_trained_again(whole, interrupted, tmp_path, capsys, name):
    root = shutil.copytree(interrupted, tmp_path / "damaged")
    [file] = root.glob(f"*/epoch-0002/{name}")
    file.write_bytes(file.read_bytes()[:-1])
    resumed = run(root)
    assert f"{name} is damaged" in capsys.readouterr().err
    assert_same_weights(resumed, whole)


@pytest.mark.parametrize("name", ["chosen.weights.h5", "history.csv", "record.json"])
def test_a_damaged_result_is_named_and_made_again(whole, kept, capsys, name):
    content = (kept / name).read_bytes()
    (kept / name).write_bytes(content[:-1] + bytes([content[-1] ^ 0xFF]))
    again = run(kept.parent)
    assert f"{name} is damaged" in capsys.readouterr().err
    assert_same_weights(again, whole)


def test_weights_are_kept_without_the_optimiser_and_older_ones_with_it_are_read(whole, kept):
    file = kept / "chosen.weights.h5"
    with h5py.File(file) as weights:
        assert "optimizer" not in weights
    model = build()
    model.optimizer.build(model.trainable_variables)
    model.set_weights(whole.model.get_weights())
    model.save_weights(file)
    seal(file, whole.digest)
    with h5py.File(file) as weights:
        assert "optimizer" in weights
    assert_same_weights(run(kept.parent, refuse), whole)


def test_the_same_training_is_not_done_twice(whole, kept):
    again = run(kept.parent, refuse)
    assert again.digest == whole.digest
    assert_same_weights(again, whole)
    assert [path.name for path in whole.folder.glob("epoch-*")] == []


def test_data_seed_and_length_name_the_training(tmp_path):
    results = [
        run(tmp_path, stopping=ONE_EPOCH, data="a"),
        run(tmp_path, stopping=ONE_EPOCH, data="b"),
        run(tmp_path, stopping=ONE_EPOCH, data="a", seed=2),
        run(tmp_path, stopping=Stopping(2, 1), data="a"),
    ]
    assert len({result.folder for result in results}) == len(results)


def test_a_loss_that_is_not_a_number_is_an_error_and_nothing_is_kept(tmp_path):
    def broken(epoch):
        # Weights of the loss: one step, and the network's own are no numbers either.
        return batches(epoch).map(lambda x, y: (x, y, tf.fill(tf.shape(y), np.nan)))

    with pytest.raises(UserError, match=r"tiny-\w+: .* after epoch 1"):
        run(tmp_path, broken, ONE_EPOCH)
    assert run(tmp_path, stopping=ONE_EPOCH).history["val_loss"].notna().all()


def test_the_last_epoch_is_kept_where_it_is_asked_for(tmp_path):
    best, last = (
        run(tmp_path, mislabelled_later, Stopping(3, 3, kept)) for kept in (LOWEST_LOSS, LAST)
    )
    pd.testing.assert_frame_equal(
        best.history.drop(columns="seconds"), last.history.drop(columns="seconds")
    )
    assert last.chosen_epoch == 3 > best.chosen_epoch
    losses = [each.model.evaluate(development(), verbose=0)[0] for each in (best, last)]
    assert losses == pytest.approx(
        [each.history.loc[each.chosen_epoch, "val_loss"] for each in (best, last)], rel=1e-5
    )
    assert best.digest != last.digest


def test_the_model_is_that_of_the_lowest_development_loss(tmp_path):
    result = run(tmp_path, mislabelled_later, Stopping(9, 2))
    assert 1 < result.chosen_epoch < len(result.history)
    loss, _ = result.model.evaluate(development(), verbose=0)
    assert loss == pytest.approx(result.history["val_loss"].min(), rel=1e-5)
    # Patience: two epochs after the best one, not nine.
    assert len(result.history) == result.chosen_epoch + 2
