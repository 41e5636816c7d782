import numpy as np
import pytest
from scipy.stats import norm

from cnnlab.evaluation.resampling import CHUNK, draw_counts, percentile_interval


def draw_all(*arguments):
    return np.concatenate(list(draw_counts(*arguments)))


def test_without_identities_every_class_keeps_its_number_of_images():
    labels = np.repeat(np.arange(8), np.arange(1, 9))
    counts = draw_all(labels, None, 300, 0)
    assert counts.shape == (300, 36)
    for label in range(8):
        assert (counts[:, labels == label].sum(axis=1) == label + 1).all()
    # A class of one image has no choice; others vary.
    assert (counts[:, 0] == 1).all()
    assert counts[:, -1].std() > 0.5


def test_with_identities_people_are_drawn_with_all_their_images():
    identities = np.repeat(np.arange(6), 8)
    labels = np.tile(np.arange(8), 6)
    counts = draw_all(labels, identities, 100, 0).reshape(100, 6, 8)
    assert (counts == counts[:, :, :1]).all()
    assert (counts[:, :, 0].sum(axis=1) == 6).all()


def test_resamples_that_miss_a_class_are_drawn_again():
    identities = np.array([0, 1, 1, 2, 2, 3])
    labels = np.array([0, 0, 1, 0, 1, 0])
    counts = draw_all(labels, identities, 500, 0)
    assert len(counts) == 500
    assert (counts[:, labels == 1].sum(axis=1) > 0).all()


def test_too_few_people_are_refused():
    # Each of 40 classes has one person of its own: no draw of 40 people hits them all.
    labels = np.arange(40)
    with pytest.raises(ValueError, match="40 people are too few"):
        draw_all(labels, labels, 10, 0)


def test_the_last_chunk_is_as_short_as_it_has_to_be_and_seeds_repeat():
    labels = np.repeat(np.arange(8), 3)
    sizes = [len(chunk) for chunk in draw_counts(labels, None, CHUNK + 7, 3)]
    assert sizes == [CHUNK, 7]
    assert (draw_all(labels, None, 50, 3) == draw_all(labels, None, 50, 3)).all()
    assert (draw_all(labels, None, 50, 3) != draw_all(labels, None, 50, 4)).any()


def test_bootstrap_of_a_mean_has_the_standard_error_of_theory():
    values = np.random.default_rng(0).normal(size=200)
    means = draw_all(np.zeros(200, int), None, 4000, 1) @ values / 200
    low, high = percentile_interval(means)
    half = norm.ppf(0.975) * values.std() / np.sqrt(200)
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(300):
        right = (rng.random(120) < 0.6).astype(float)
        low, high = percentile_interval(
            draw_all(np.zeros(120, int), None, 400, trial) @ right / 120
        )
        covered += low <= 0.6 <= high
    # 95% nominal; the standard error of 300 trials is 1.3%.
    assert 0.90 <= covered / 300 <= 0.99


def test_images_of_one_person_make_the_interval_wider_than_independent_images():
    identities = np.repeat(np.arange(30), 8)
    labels = np.tile(np.arange(8), 30)
    right = np.random.default_rng(0).integers(0, 2, 30).repeat(8).astype(float)

    def width(people):
        low, high = percentile_interval(draw_all(labels, people, 1000, 0) @ right / 240)
        return high - low

    # Eight copies of each outcome are no new information: wider by the root of 8.
    assert width(identities) == pytest.approx(np.sqrt(8) * width(None), rel=0.15)
