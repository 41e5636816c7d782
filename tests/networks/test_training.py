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


def build():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(3),
        ]
    )
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-2, 40)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def batches(epoch):
    rng = np.random.default_rng([5, epoch])
    inputs = rng.normal(size=(48, 4)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((inputs, inputs[:, :3].argmax(1))).batch(8)


def development():
    return batches(999)


def mislabelled_later(epoch):
    pairs = batches(epoch)
    return pairs if epoch < 2 else pairs.map(lambda x, y: (x, (y + 1) % 3))


FIVE_EPOCHS = Stopping(5, 5)


def run(root, training_batches=batches, stopping=FIVE_EPOCHS, seed=1, **description):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "TRAINED", root)
        return train(
            Training("tiny", description, build, training_batches, development, stopping, seed)
        )


def cut_off(root, interrupted_epoch):
    def interrupt(epoch):
        if epoch == interrupted_epoch:
            raise KeyboardInterrupt
        return batches(epoch)

    with pytest.raises(KeyboardInterrupt):
        run(root, interrupt)


def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path):
    whole = run(tmp_path / "whole")

    cut_off(tmp_path / "cut", 3)
    seen = []

    def watched(epoch):
        seen.append(epoch)
        return batches(epoch)

    resumed = run(tmp_path / "cut", watched)
    assert seen == [3, 4]
    columns = ["loss", "accuracy", "val_loss", "val_accuracy"]
    pd.testing.assert_frame_equal(resumed.history[columns], whole.history[columns])
    for one, other in zip(resumed.model.weights, whole.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["model.keras", "chosen.weights.h5", "history.csv"])
def test_a_damaged_epoch_is_named_and_trained_again(tmp_path, capsys, name):
    whole = run(tmp_path / "whole")

    cut_off(tmp_path / "cut", 2)
    [file] = (tmp_path / "cut").glob(f"*/epoch-0002/{name}")
    file.write_bytes(file.read_bytes()[:-1])
    resumed = run(tmp_path / "cut")
    assert f"{name} is damaged" in capsys.readouterr().err
    for one, other in zip(resumed.model.weights, whole.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["chosen.weights.h5", "history.csv", "record.json"])
def test_a_damaged_result_is_named_and_made_again(tmp_path, capsys, name):
    first = run(tmp_path)
    content = (first.folder / name).read_bytes()
    (first.folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 0xFF]))
    second = run(tmp_path)
    assert f"{name} is damaged" in capsys.readouterr().err
    np.testing.assert_array_equal(second.model.weights[0], first.model.weights[0])


def test_weights_are_kept_without_the_optimiser_and_older_ones_with_it_are_read(tmp_path):
    first = run(tmp_path)
    file = first.folder / "chosen.weights.h5"
    kept = [np.array(weights) for weights in first.model.weights]
    with h5py.File(file) as weights:
        assert "optimizer" not in weights
    first.model.save_weights(file)
    seal(file, first.digest)
    with h5py.File(file) as weights:
        assert "optimizer" in weights
    second = run(tmp_path)
    assert second.history.equals(first.history), "trained again"
    for one, other in zip(second.model.weights, kept, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_same_training_is_not_done_twice(tmp_path):
    first = run(tmp_path)

    def refuse(epoch):
        raise AssertionError("trained again")

    second = run(tmp_path, refuse)
    assert second.digest == first.digest
    np.testing.assert_array_equal(second.model.weights[0], first.model.weights[0])
    assert [path.name for path in first.folder.glob("epoch-*")] == []


def test_data_seed_and_length_name_the_training(tmp_path):
    results = [
        run(tmp_path, data="a", stopping=Stopping(1, 1)),
        run(tmp_path, data="b", stopping=Stopping(1, 1)),
        run(tmp_path, data="a", stopping=Stopping(1, 1), seed=2),
        run(tmp_path, data="a", stopping=Stopping(2, 1)),
    ]
    assert len({result.folder for result in results}) == len(results)


def test_a_loss_that_is_not_a_number_is_an_error_and_nothing_is_kept(tmp_path):
    def broken(epoch):
        # Weights of the loss: one step, and the network's own are no numbers either.
        return batches(epoch).map(lambda x, y: (x, y, tf.fill(tf.shape(y), np.nan)))

    with pytest.raises(UserError, match=r"tiny-\w+: .* after epoch 1"):
        run(tmp_path, broken)
    assert run(tmp_path).history["val_loss"].notna().all()


def test_the_last_epoch_is_kept_where_it_is_asked_for(tmp_path):
    best, last = (
        run(tmp_path, mislabelled_later, Stopping(4, 4, kept)) for kept in (LOWEST_LOSS, LAST)
    )
    pd.testing.assert_frame_equal(
        best.history.drop(columns="seconds"), last.history.drop(columns="seconds")
    )
    assert last.chosen_epoch == 4 > best.chosen_epoch
    losses = [each.model.evaluate(development(), verbose=0)[0] for each in (best, last)]
    assert losses == pytest.approx(
        [each.history.loc[each.chosen_epoch, "val_loss"] for each in (best, last)], rel=1e-5
    )
    assert best.digest != last.digest


def test_the_model_is_that_of_the_lowest_development_loss(tmp_path):
    result = run(tmp_path, mislabelled_later, Stopping(9, 3))
    assert result.chosen_epoch < len(result.history)
    loss, _ = result.model.evaluate(development(), verbose=0)
    assert loss == pytest.approx(result.history["val_loss"].min(), rel=1e-5)
    # Patience: three epochs after the best one, not nine.
    assert len(result.history) == result.chosen_epoch + 3
