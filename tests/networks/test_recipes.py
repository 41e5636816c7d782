"""What a recipe makes of a network's loss and learning rate."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from scipy.special import log_softmax

from cnnlab.networks.from_scratch import LIGHT_VGG
from cnnlab.networks.recipes import SmoothedCrossEntropy, compile_network
from cnnlab.networks.training import Stopping

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 8, 20)
LOGITS = RNG.normal(size=(20, 8)).astype(np.float32)


def compile_tiny(**changes):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8)])
    return compile_network(model, replace(LIGHT_VGG, **changes), Stopping(11, 11), 320)


def rates(model):
    schedule = model.optimizer._learning_rate
    return np.array([float(schedule(step)) for step in (0, 10, 60, 110)])


def test_smoothing_spreads_a_part_of_the_answer_evenly():
    targets = np.full((20, 8), 0.1 / 8)
    targets[np.arange(20), LABELS] += 0.9
    expected = -(targets * log_softmax(LOGITS.astype(float), axis=1)).sum(axis=1).mean()
    for labels in (LABELS, LABELS[:, None]):
        assert float(SmoothedCrossEntropy(0.1)(labels, LOGITS)) == pytest.approx(expected, rel=1e-5)
    plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(LABELS, LOGITS)
    assert float(SmoothedCrossEntropy(0.0)(LABELS, LOGITS)) == pytest.approx(float(plain), rel=1e-5)


def test_a_smoothed_training_weighs_classes_and_is_loaded_as_it_was_saved(tmp_path):
    model = compile_tiny(label_smoothing=0.1)
    inputs = RNG.normal(size=(20, 4)).astype(np.float32)
    weights = {label: float(label == 3) for label in range(8)}
    model.fit(inputs, LABELS, class_weight=weights, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.loss.label_smoothing == 0.1
    np.testing.assert_allclose(
        loaded.evaluate(inputs, LABELS, verbose=0), model.evaluate(inputs, LABELS, verbose=0)
    )
    # Only images of the third class teach: with none of them nothing is learned.
    before = model.get_weights()
    others = LABELS != 3
    quiet = compile_tiny(label_smoothing=0.1)
    quiet.set_weights(before)
    quiet.fit(inputs[others], LABELS[others], class_weight=weights, verbose=0)
    np.testing.assert_array_equal(before[0], quiet.get_weights()[0])


def test_the_rate_falls_along_a_cosine_or_stays():
    base = LIGHT_VGG.learning_rate
    np.testing.assert_allclose(rates(compile_tiny()), base * np.array([0.1, 1, 0.505, 0.01]), 1e-4)
    np.testing.assert_allclose(
        rates(compile_tiny(last_rate=1.0)), base * np.array([0.1, 1, 1, 1]), 1e-5
    )
