from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.faces.dataset import TRAIN, VALIDATION, FaceDataset
from cnnlab.faces.files import DataError, ImageFile
from cnnlab.faces.sampling import choose_per_class
from cnnlab.faces.splits import split_dataset


def dataset_of(train_counts, identities=None, validation=8):
    labels = np.concatenate([np.repeat(np.arange(8), train_counts), np.arange(validation) % 8])
    splits = np.array([TRAIN] * sum(train_counts) + [VALIDATION] * validation)
    order = np.random.default_rng(3).permutation(len(labels))
    files = tuple(ImageFile(Path(str(i)), str(i)) for i in range(len(labels)))
    people = None if identities is None else np.asarray(identities)[order]
    return FaceDataset("faces", False, files, labels[order], splits[order], people)


@settings(max_examples=25)
@given(st.lists(st.integers(2, 60), min_size=8, max_size=8), st.integers(0, 1000))
def test_parts_are_disjoint_complete_and_from_the_right_folders(counts, seed):
    dataset = dataset_of(counts)
    split = split_dataset(dataset, seed)
    together = np.concatenate([split.training, split.development, split.validation])
    np.testing.assert_array_equal(np.sort(together), np.arange(len(dataset)))
    assert set(dataset.splits[split.training]) == set(dataset.splits[split.development]) == {TRAIN}
    assert set(dataset.splits[split.validation]) == {VALIDATION}


def test_every_class_keeps_its_share():
    dataset = dataset_of([1200, 1200, 1200, 1200, 532, 119, 1200, 119])
    split = split_dataset(dataset, 1)
    held_out = np.bincount(dataset.labels[split.development])
    total = held_out + np.bincount(dataset.labels[split.training])
    assert (np.abs(held_out / total - 1 / 7) < 0.005).all()


def test_same_seed_same_split_other_seed_other_split():
    dataset = dataset_of([50] * 8)
    one, two, other = (split_dataset(dataset, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.development, two.development)
    assert not np.array_equal(one.development, other.development)


def test_nobody_is_in_both_parts():
    # 60 people, each seen in every class.
    people = np.concatenate([np.tile(np.arange(60), 8), np.arange(100, 108)])
    dataset = dataset_of([60] * 8, people)
    split = split_dataset(dataset, 1)
    assert not set(dataset.identities[split.training]) & set(dataset.identities[split.development])
    counts = np.bincount(dataset.labels[split.development], minlength=8)
    assert counts.min() >= 6 and counts.max() <= 11


@pytest.mark.parametrize("people", [np.zeros(48), np.repeat(np.arange(8), 5).tolist() + [9] * 8])
def test_identities_that_cannot_be_parted(people):
    with pytest.raises(DataError, match="identities in Train/ cannot be parted"):
        split_dataset(dataset_of([5] * 8, people), 1)


def test_choice_has_its_size_and_class_and_does_not_depend_on_order():
    labels = np.repeat(np.arange(8), [30, 2, 30, 30, 30, 30, 30, 30])
    indices = np.flatnonzero(np.arange(len(labels)) % 2 == 0)
    chosen = choose_per_class(labels, indices, 5, seed=4)
    assert [len(part) for part in chosen] == [5, 1, 5, 5, 5, 5, 5, 5]
    for label, part in enumerate(chosen):
        assert (labels[part] == label).all()
        assert len(set(part)) == len(part) and set(part) <= set(indices)
    again = choose_per_class(labels, indices[::-1], 5, seed=4)
    assert all(np.array_equal(one, two) for one, two in zip(chosen, again, strict=True))
