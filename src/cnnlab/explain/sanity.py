"""Does a picture depend on what it claims to explain? Two comparisons for projections.

After Nie et al. (2018) and Adebayo et al. (2018): a picture that explains a unit must change
when another unit is asked about, and when the unit's weights are destroyed.
"""

from dataclasses import replace

import keras
import numpy as np

from cnnlab.explain.deconvnet import ForwardPass, Rule, forward_with_switches, trace_back


def shuffle_weights(model: keras.Model, prefix: str, seed: int) -> keras.Model:
    """Copy a model and shuffle the values of each weight of some layers.

    Args:
        model: a functional model; left as it is.
        prefix: how the names of the layers start whose weights are shuffled.
        seed: of the shuffling.

    Raises:
        ValueError: no layer with weights has such a name.
    """
    rng = np.random.default_rng(seed)
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    chosen = [layer for layer in copy.layers if layer.name.startswith(prefix) and layer.weights]
    if not chosen:
        raise ValueError(f"No layer of {model.name} with weights starts with {prefix!r}.")
    for layer in chosen:
        weights = [
            rng.permutation(each.ravel()).reshape(each.shape) for each in layer.get_weights()
        ]
        layer.set_weights(weights)
    return copy


def select_two_units(activations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Select, at the most active place of each image, its two strongest channels.

    Args:
        activations: (n, h, w, k), not negative.

    Returns:
        Two signals (n, h, w, k) float32 for ``trace_back``: 1 at the unit, 0 elsewhere.
    """
    n, height, width, _ = activations.shape
    flat = activations.sum(axis=-1).reshape(n, -1)
    rows, columns = np.unravel_index(flat.argmax(axis=1), (height, width))
    strongest = np.argsort(-activations[np.arange(n), rows, columns], axis=-1, kind="stable")
    signals = np.zeros((2, *activations.shape), np.float32)
    for signal, channels in zip(signals, strongest[:, :2].T, strict=True):
        signal[np.arange(n), rows, columns, channels] = 1
    return signals[0], signals[1]


def compare_units(forward: ForwardPass, rule: Rule) -> np.ndarray:
    """Compare the projections of two units at one place: (n,) cosines in [-1, 1]."""
    first, second = select_two_units(forward.activations.numpy())
    return _cosines(trace_back(forward, first, rule), trace_back(forward, second, rule))


def compare_shuffled(
    model: keras.Model, shuffled: keras.Model, images: np.ndarray, layer: str, rule: Rule
) -> np.ndarray:
    """Compare the projections of one unit before and after its weights were shuffled.

    They start from the unit's value before its ReLU: most units are off after shuffling, and
    from behind a ReLU that is off there is no gradient to compare.

    Args:
        model: a plain stack as far as ``layer``.
        shuffled: the same with other weights.
        images: (n, H, W, c) float.
        layer: the unit's layer; the unit is the trained network's strongest.
        rule: what happens at a ReLU.

    Returns:
        (n,) cosines in [-1, 1]; not a number where a projection is zero.
    """
    trained = _skip_last_relu(forward_with_switches(model, images, layer))
    other = _skip_last_relu(forward_with_switches(shuffled, images, layer))
    unit, _ = select_two_units(trained.activations.numpy())
    return _cosines(trace_back(trained, unit, rule), trace_back(other, unit, rule))


def _skip_last_relu(forward: ForwardPass) -> ForwardPass:
    """Return the pass as it is traced back from before the ReLU of its last layer."""
    *steps, last = forward.steps
    return replace(forward, steps=(*steps, replace(last, before_relu=None)))


def _cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    first, second = (each.reshape(len(each), -1).astype(np.float64) for each in (first, second))
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    products = (first * second).sum(axis=1)
    return np.divide(products, lengths, out=np.full(len(products), np.nan), where=lengths > 0)
