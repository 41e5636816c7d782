from types import SimpleNamespace

import numpy as np
import pytest

from cnnlab.explain.upconvolution.inversion import (
    COLOUR,
    DECODED,
    ERROR,
    IMAGE,
    LENIENT,
    MEAN_FACE,
    OWN,
    SHIFT,
    SIMILARITY,
    STRANGER,
    Inversion,
    UnseenFaces,
    choose_unseen,
    measure_inversions,
)

RNG = np.random.default_rng(0)
N = 24


class FixedJudge:
    """Knows the class from the mean brightness, which is a multiple of 1/8."""

    def predict(self, pictures):
        return np.clip(np.round(pictures.mean((1, 2, 3)) * 8), 0, 7).astype(int)


class FixedModel:
    """Gives the logits of such a judge."""

    def predict(self, images, verbose):
        return np.eye(8)[FixedJudge().predict(images)]


@pytest.fixture(scope="module")
def unseen():
    labels = np.repeat(np.arange(1, 7), 4)
    noise = RNG.normal(0, 0.05, (N, 64, 64, 3))
    images = (
        labels[:, None, None, None] / 8 + noise - noise.mean((1, 2, 3), keepdims=True)
    ).astype(np.float32)
    return UnseenFaces(
        rows=np.arange(N),
        labels=labels,
        identities=np.arange(N) // 2,
        images=np.clip(images, 0, 1),
        strangers=np.roll(np.arange(N), 8),
        mean_face=images.mean(axis=0),
        judge_of_people=None,
        sharp_judge=FixedJudge(),
    )


def measure(unseen, pictures):
    inversions = [Inversion("VGG16", "block2_pool", pictures, FixedJudge())]
    table = measure_inversions(
        inversions, unseen, SimpleNamespace(title="judge", model=FixedModel()), 100
    )
    return table.set_index(["picture", "figure"])["estimate"]


def test_perfect_decoder_loses_nothing_and_strangers_do(unseen):
    values = measure(unseen, unseen.images)
    expression = "expression by judge"
    assert values[DECODED, f"expression by {LENIENT}"] == 1
    for picture in (DECODED, IMAGE):
        assert values[picture, ERROR] == values[picture, SHIFT] == 0
        assert values[picture, SIMILARITY] == pytest.approx(1)
        assert values[picture, OWN] == values[picture, expression] == 1
        assert values[picture, COLOUR] == pytest.approx(1)
    assert values[STRANGER, ERROR] > 20
    assert values[STRANGER, OWN] == values[STRANGER, expression] == 0
    assert np.isnan(values[MEAN_FACE, COLOUR])
    assert values[MEAN_FACE, OWN] == pytest.approx(1 / N)


def test_unknown_people_have_no_figure_of_the_person(unseen):
    assert "person" not in measure(unseen, unseen.images).index.get_level_values("figure")


def test_error_is_in_grey_levels(unseen):
    brighter = unseen.images + np.float32(0.1)
    assert measure(unseen, brighter)[DECODED, ERROR] == pytest.approx(25.5, rel=1e-4)


def test_unseen_faces_are_of_validation():
    images = RNG.integers(0, 256, (32, 128, 128, 3), dtype=np.uint8)
    faces = SimpleNamespace(
        images=images,
        labels=np.arange(32) % 4,
        dataset=SimpleNamespace(identities=np.arange(32) // 4),
        split=SimpleNamespace(training=np.arange(16), validation=np.arange(16, 32)),
    )
    chosen = choose_unseen(faces, 2)
    assert chosen.rows.min() >= 16
    np.testing.assert_array_equal(np.bincount(chosen.labels), [2, 2, 2, 2])
    assert (chosen.identities[chosen.strangers] != chosen.identities).all()
    np.testing.assert_allclose(chosen.mean_face.mean(), images[:16].mean() / 255, rtol=1e-4)
