"""Figures of notebook 03: the network with its shapes, a worked example, and how it learns."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnlab.style import CLASS_COLOURS, TEXT_WIDTH
from cnnlab.theory.gradients import Architecture, Forward, Gradients, Parameters

_RED, _GREY = CLASS_COLOURS[6], "#999999"
_TAP_COLOURS = (CLASS_COLOURS[0], CLASS_COLOURS[1])
_TAP_LINES = ("-", "--")


def draw_network(architecture: Architecture) -> Figure:
    """Draw the first two and the last window of the pool with all that they are connected to.

    Above stand the lengths of the layers, below the shapes of the parameters between them.

    Args:
        architecture: at least 3 windows in the pool, at most 2 taps in the kernel.
    """
    P, M, T = architecture.pool, architecture.pooled_length, architecture.convolved_length
    k, H = architecture.kernel_width, architecture.hidden
    columns = _place_units(architecture, (0, 1, M - 1))
    bottom = min(columns[0].values())
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 2.1))
    _draw_edges(axes, columns, architecture)
    letters = (r"\tilde{x}", "c", "p", "h", "z")
    for x, (units, letter) in enumerate(zip(columns, letters, strict=True)):
        for index, y in units.items():
            subscript = f"_{{{index + 1}}}" if letter != "z" else ""
            _draw_unit(axes, x, y, f"${letter}{subscript}$")
    padding = architecture.padding
    for i in [*range(padding), *range(T + k - 1 - padding, T + k - 1)]:
        axes.text(-0.17, columns[0][i], "0 =", ha="right", va="center", fontsize=8)
    for x, units in enumerate(columns[:3]):
        heights = sorted(units.values())
        gap = int(np.argmax(np.diff(heights)))
        axes.text(x, (heights[gap] + heights[gap + 1]) / 2, "⋮", ha="center", va="center")
    headings = (
        f"padded input\n{T + k - 1}",
        f"Conv1, ReLU\n{T}",
        f"AVGPOOL1\n{M}",
        f"FC1, ReLU\n{H}",
        "output, sigmoid\n1",
    )
    shapes = (
        f"$W^C$: {k}, $b^C$: 1",
        f"$1/P = 1/{P}$",
        f"$W^F$: {M} × {H}, $b^F$: {H}",
        f"$W^Z$: {H}, $b^Z$: 1",
    )
    for x, heading in enumerate(headings):
        axes.text(x, 0.8, heading, ha="center", va="bottom", fontsize=8)
    for x, shape in enumerate(shapes):
        axes.text(x + 0.5, bottom - 0.7, shape, ha="center", va="top", fontsize=8)
    axes.set(xlim=(-0.45, 4.4), ylim=(bottom - 1.4, 2.3))
    axes.axis("off")
    return figure


def draw_example(
    parameters: Parameters, passed: Forward, gradients: Gradients, architecture: Architecture
) -> Figure:
    """Draw a small network with all its values in black and all derivatives in red.

    Args:
        parameters: at most 2 taps in the kernel.
        passed: the forward pass of one signal.
        gradients: its backward pass.
        architecture: few enough units to be read.
    """
    columns = _place_units(architecture, range(architecture.pooled_length))
    bottom = min(columns[0].values())
    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 2.3))
    _draw_edges(axes, columns, architecture)
    gradient = gradients.parameters
    for m, j in np.ndindex(parameters.W_F.shape):
        ends = (columns[2][m], columns[3][j])
        _write_weight(axes, 2, ends, parameters.W_F[m, j], gradient.W_F[m, j])
    for j, y in columns[3].items():
        _write_weight(axes, 3, (y, columns[4][0]), parameters.W_Z[j], gradient.W_Z[j])
    inputs = (passed.padded[0], passed.u[0], passed.p[0], passed.v[0], passed.s)
    outputs = (passed.padded[0], passed.c[0], passed.p[0], passed.h[0], passed.z)
    deltas = (gradients.delta_C[0], gradients.delta_P[0], gradients.delta_F[0], gradients.delta_Z)
    for x, units in enumerate(columns):
        for index, y in units.items():
            before, after = inputs[x][index], outputs[x][index]
            value = f"{after:g}" if before == after else f"{before:g} → {after:g}"
            _draw_unit(axes, x, y, value.replace("-", "−"))
            if x > 0:
                _write(axes, x, y - 0.42, deltas[x - 1][index], _RED)
    heads = (
        r"$\tilde{x}$",
        r"$u \rightarrow c$",
        "$p$",
        r"$v \rightarrow h$",
        r"$s \rightarrow z$",
    )
    for x, head in enumerate(heads):
        axes.text(x, 0.5, head, ha="center", va="bottom", fontsize=9)
    for x, name in ((0.3, "W_C"), (0.9, "b_C"), (3.0, "b_F"), (4.0, "b_Z")):
        value, derivative = _list(getattr(parameters, name)), _list(getattr(gradient, name))
        symbol = f"${name[0]}^{name[2]}$"
        axes.text(x, bottom - 0.7, f"{symbol}: {value}", ha="center", va="top", fontsize=8)
        axes.text(x, bottom - 1.1, derivative, ha="center", va="top", fontsize=8, color=_RED)
    axes.set(xlim=(-0.3, 4.35), ylim=(bottom - 1.5, 0.9))
    axes.axis("off")
    return figure


def _place_units(architecture: Architecture, windows: Sequence[int]) -> list[dict[int, float]]:
    """Return the height of each unit by its index: input, convolution, pool, FC1, output."""
    P, k = architecture.pool, architecture.kernel_width
    pooled = {m: [m * P + r for r in range(P)] for m in windows}
    convolved = {t: [t + i for i in range(k)] for ts in pooled.values() for t in ts}
    shown = sorted({i for inputs in convolved.values() for i in inputs})
    steps = [1.0 if later == earlier + 1 else 1.7 for earlier, later in pairwise(shown)]
    heights = dict(zip(shown, -np.cumsum([0.0, *steps]), strict=True))
    middles = {t: np.mean([heights[i] for i in inputs]) for t, inputs in convolved.items()}
    pools = {m: np.mean([middles[t] for t in ts]) for m, ts in pooled.items()}
    top, bottom = heights[shown[0]], heights[shown[-1]]
    hidden = dict(enumerate(np.linspace(top - 0.5, bottom + 0.5, architecture.hidden)))
    return [heights, middles, pools, hidden, {0: (top + bottom) / 2}]


def _draw_edges(
    axes: Axes, columns: Sequence[dict[int, float]], architecture: Architecture
) -> None:
    inputs, convolved, pooled, hidden, output = columns
    for t, y in convolved.items():
        for i in range(architecture.kernel_width):
            style = {"color": _TAP_COLOURS[i], "ls": _TAP_LINES[i]}
            axes.plot((0, 1), (inputs[t + i], y), lw=1, **style)
        axes.plot((1, 2), (y, pooled[t // architecture.pool]), color=_GREY, ls="-", lw=0.8)
    for y in hidden.values():
        for start in pooled.values():
            axes.plot((2, 3), (start, y), color=_GREY, ls="-", lw=0.4)
        axes.plot((3, 4), (y, output[0]), color=_GREY, ls="-", lw=0.4)


def _draw_unit(axes: Axes, x: float, y: float, text: str) -> None:
    box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "black", "lw": 0.6}
    axes.text(x, y, text, ha="center", va="center", fontsize=7, bbox=box, zorder=4)


def _write(axes: Axes, x: float, y: float, value: float, colour: str) -> None:
    """Write a number on a white ground."""
    box = {"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none"}
    place = {"ha": "center", "va": "center", "fontsize": 7.5, "zorder": 3}
    axes.text(x, y, _list(value), color=colour, bbox=box, **place)


def _write_weight(
    axes: Axes, x: float, ends: tuple[float, float], weight: float, derivative: float
) -> None:
    """Write a weight and its derivative on the edge from column x to the next."""
    for along, value, colour in ((0.24, weight, "black"), (0.7, derivative, _RED)):
        _write(axes, x + along, ends[0] + along * (ends[1] - ends[0]), value, colour)


def _list(values: np.ndarray) -> str:
    # Adding 0 turns -0 into 0.
    return ", ".join(f"{value + 0:g}" for value in np.ravel(values)).replace("-", "−")


def plot_learning(
    examples: Sequence[np.ndarray],
    by_hand: np.ndarray,
    by_keras: np.ndarray,
    others: np.ndarray,
) -> Figure:
    """Plot a signal of each label, and the cost curves of several starts.

    Args:
        examples: a signal of label 0 and one of label 1.
        by_hand: (steps + 1,) mean cost before each step and after the last.
        by_keras: (steps + 1,) the same for Keras.
        others: (starts, steps + 1) mean costs by hand from other first parameters.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(TEXT_WIDTH, 2.0))
    for label, signal in enumerate(examples):
        left.plot(signal - 8 * label, lw=0.5, color=CLASS_COLOURS[0], ls="-")
    left.set(xlabel="sample", yticks=(0, -8), yticklabels=("label 0", "label 1"))
    steps = np.arange(by_hand.size)
    other_lines = right.plot(steps, others.T, color=_GREY, lw=0.4, ls="-")
    right.plot(steps, by_hand, label="by hand")
    right.plot(steps[::5], by_keras[::5], "o", mfc="none", label="Keras SGD")
    right.axhline(np.log(2), color=_GREY, lw=0.8, ls=":")
    right.annotate("guessing: ln 2", (steps[-1], np.log(2)), ha="right", va="bottom", fontsize=8)
    other_lines[0].set_label("by hand, other seeds")
    right.set(xlabel="step", ylabel="cost per signal (nat)", ylim=(0, 1.3))
    right.legend()
    return figure


def plot_vanishing(
    saturation: tuple[np.ndarray, dict[str, list[float]]],
    weights: tuple[np.ndarray, list[float]],
    units: dict[float, float],
) -> Figure:
    """Plot the norm of the kernel's gradient against three causes that make it vanish.

    Args:
        saturation: biases of the output unit, and by the name of a cost the norms there.
        weights: factors on the weights after the pool, and the norms.
        units: norm by the share of FC1's units that is on, in [0, 1]; it may be 0.
    """
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(TEXT_WIDTH, 1.8))
    for name, norms in saturation[1].items():
        left.semilogy(saturation[0], norms, label=name)
    left.set(xlabel="bias $b^Z$ (label $y = 1$)", ylabel="norm (start: 1)")
    left.legend(fontsize=7, loc="lower left")
    middle.loglog(*weights, "o-", ms=3)
    middle.set(xlabel="factor on $W^F$ and $W^Z$")
    right.plot([100 * share for share in units], list(units.values()), "o-", ms=3)
    right.set(xlabel="FC1's units that are on (%)", ylim=(0, None))
    return figure
