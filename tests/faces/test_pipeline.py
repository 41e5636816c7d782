import numpy as np
import pytest
import tensorflow as tf

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.pipeline import evaluation_batches, training_batches

STILL = Augmentation(rotation_degrees=0, shift=0, horizontal_flip=False)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    path = tmp_path_factory.mktemp("pixels") / "images.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (60, 16, 16, 3), dtype=np.uint8))
    return np.load(path, mmap_mode="r")


LABELS = np.arange(60) % 8
INDICES = np.arange(3, 60, 2)


def collect(dataset):
    parts = [[part.numpy() for part in batch] for batch in dataset]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def epoch_of(images, *, seed=1, epoch=0, augmentation=None, batch_size=8):
    return training_batches(
        images, LABELS, INDICES, augmentation or Augmentation(), batch_size, seed, epoch
    )


def test_an_epoch_sees_each_training_image_once_with_its_label(images):
    pixels, labels = collect(epoch_of(images, augmentation=STILL))
    rows = [int(np.abs(images / 255 - seen).max(axis=(1, 2, 3)).argmin()) for seen in pixels]
    assert sorted(rows) == INDICES.tolist()
    assert rows != sorted(rows)
    np.testing.assert_array_equal(labels, LABELS[rows])
    np.testing.assert_allclose(pixels, images[rows] / 255, atol=1e-5)


def test_pairs_of_numbers_stay_with_their_images(images):
    pairs = np.random.default_rng(1).uniform(-1, 1, (60, 2)).astype(np.float32)
    pixels, targets = collect(training_batches(images, pairs, INDICES, STILL, 8, 1, 0))
    rows = [int(np.abs(images / 255 - seen).max(axis=(1, 2, 3)).argmin()) for seen in pixels]
    assert targets.dtype == np.float32
    np.testing.assert_array_equal(targets, pairs[rows])


def test_batches_have_the_promised_kinds_sizes_and_number(images):
    dataset = epoch_of(images)
    assert int(dataset.cardinality()) == 4
    assert dataset.element_spec[0].shape.as_list() == [None, 16, 16, 3]
    assert [(p.dtype, y.dtype, len(p)) for p, y in dataset] == [
        (tf.float32, tf.int64, size) for size in (8, 8, 8, 5)
    ]


def test_an_epoch_is_a_function_of_seed_and_epoch(images):
    first, again, next_epoch, other_seed = (
        collect(epoch_of(images, seed=seed, epoch=epoch))
        for seed, epoch in ((1, 0), (1, 0), (1, 1), (2, 0))
    )
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1], next_epoch[1])
    assert not np.array_equal(first[1], other_seed[1])


def test_batches_of_one_epoch_are_moved_differently(images):
    same = np.broadcast_to(images[:1], images.shape)
    first, second, *_ = [pixels.numpy() for pixels, _ in epoch_of(same)]
    assert np.abs(first - second).max() > 0.01


def test_parallelism_changes_nothing(images):
    dataset = epoch_of(images)
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    for parallel, alone in zip(dataset, dataset.with_options(options), strict=True):
        np.testing.assert_array_equal(parallel[0], alone[0])


def test_evaluation_keeps_order_and_pixels(images):
    batches = [batch.numpy() for batch in evaluation_batches(images, INDICES[::-1], 10)]
    assert [len(batch) for batch in batches] == [10, 10, 9]
    np.testing.assert_allclose(np.concatenate(batches), images[INDICES[::-1]] / 255, atol=1e-6)


def test_pipelines_are_not_tuned_while_they_run(images):
    for dataset in (epoch_of(images), evaluation_batches(images, INDICES, 8)):
        assert dataset.options().autotune.enabled is False
