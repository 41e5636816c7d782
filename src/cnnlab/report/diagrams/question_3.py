"""Figures of notebook 03: the network with its shapes, a worked example, and how it learns."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnlab.drawing import open_canvas, write
from cnnlab.style import BLUE, DOTTED, GREY, ORANGE, RED, TEXT_WIDTH
from cnnlab.theory.gradients import Architecture, Forward, Gradients, Parameters

_UNIT = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "black", "lw": 0.6}
_NUMBER = {"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none"}


def draw_network(architecture: Architecture) -> Figure:
    """Draw the first two and the last window of the pool with all that they are connected to.

    Above stand the lengths of the layers, below the shapes of the parameters between them.

    Args:
        architecture: at least 3 windows in the pool, at most 2 taps in the kernel.
    """
    P, M, T = architecture.pool, architecture.pooled_length, architecture.convolved_length
    k, H, padding = architecture.kernel_width, architecture.hidden, architecture.padding
    columns = _place_units(architecture, (0, 1, M - 1))
    bottom = min(columns[0].values())
    figure, axes = open_canvas(2.1, (-0.45, 4.4), (bottom - 1.4, 2.3))
    _draw_edges(axes, columns, architecture)
    headings = {
        f"padded input\n{T + k - 1}": r"$\tilde{x}_{N}$",
        f"Conv1, ReLU\n{T}": "$c_{N}$",
        f"AVGPOOL1\n{M}": "$p_{N}$",
        f"FC1, ReLU\n{H}": "$h_{N}$",
        "output, sigmoid\n1": "$z$",
    }
    for x, (units, (heading, symbol)) in enumerate(zip(columns, headings.items(), strict=True)):
        write(axes, x, 0.8, heading, va="bottom")
        for index, y in units.items():
            unit = symbol.replace("N", str(index + 1))
            write(axes, x, y, unit, size=7, bbox=_UNIT, zorder=4)
    for i in [*range(padding), *range(T + k - 1 - padding, T + k - 1)]:
        write(axes, -0.17, columns[0][i], "0 =", ha="right")
    for x, units in enumerate(columns[:3]):
        above, below = max(pairwise(sorted(units.values())), key=lambda ends: ends[1] - ends[0])
        write(axes, x, (above + below) / 2, "⋮", size=9)
    shapes = (
        f"$W^C$: {k}, $b^C$: 1",
        f"$1/P = 1/{P}$",
        f"$W^F$: {M} × {H}, $b^F$: {H}",
        f"$W^Z$: {H}, $b^Z$: 1",
    )
    for x, shape in enumerate(shapes):
        write(axes, x + 0.5, bottom - 0.7, shape, va="top")
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
    figure, axes = open_canvas(2.3, (-0.3, 4.35), (bottom - 1.5, 0.9))
    _draw_edges(axes, columns, architecture)
    for x, name in ((2, "W_F"), (3, "W_Z")):
        weights, derivatives = (
            np.reshape(getattr(each, name), (len(columns[x]), len(columns[x + 1])))
            for each in (parameters, gradients.parameters)
        )
        for i, j in np.ndindex(weights.shape):
            start, end = columns[x][i], columns[x + 1][j]
            for along, values, colour in ((0.24, weights, "black"), (0.7, derivatives, RED)):
                y = start + along * (end - start)
                write(axes, x + along, y, _list(values[i, j]), color=colour, bbox=_NUMBER)
    layers = (  # symbol, values before and after the activation, derivatives
        (r"$\tilde{x}$", passed.padded[0], passed.padded[0], None),
        (r"$u \rightarrow c$", passed.u[0], passed.c[0], gradients.delta_C[0]),
        ("$p$", passed.p[0], passed.p[0], gradients.delta_P[0]),
        (r"$v \rightarrow h$", passed.v[0], passed.h[0], gradients.delta_F[0]),
        (r"$s \rightarrow z$", passed.s, passed.z, gradients.delta_Z),
    )
    for x, (units, (symbol, before, after, deltas)) in enumerate(zip(columns, layers, strict=True)):
        write(axes, x, 0.5, symbol, va="bottom", size=9)
        for index, y in units.items():
            steps = dict.fromkeys((_list(before[index]), _list(after[index])))
            write(axes, x, y, " → ".join(steps), size=7, bbox=_UNIT, zorder=4)
            if deltas is not None:
                write(axes, x, y - 0.42, _list(deltas[index]), color=RED, bbox=_NUMBER)
    for x, name in ((0.3, "W_C"), (0.9, "b_C"), (3.0, "b_F"), (4.0, "b_Z")):
        value, derivative = (_list(getattr(p, name)) for p in (parameters, gradients.parameters))
        write(axes, x, bottom - 0.7, f"${name[0]}^{name[2]}$: {value}", va="top")
        write(axes, x, bottom - 1.1, derivative, va="top", color=RED)
    return figure


def _place_units(architecture: Architecture, windows: Sequence[int]) -> list[dict[int, float]]:
    """Return the height of each unit by its index: input, convolution, pool, FC1, output."""
    P, k = architecture.pool, architecture.kernel_width
    pooled = {m: range(m * P, (m + 1) * P) for m in windows}
    convolved = {t: range(t, t + k) for ts in pooled.values() for t in ts}
    shown = sorted({i for inputs in convolved.values() for i in inputs})
    steps = np.where(np.diff(shown) == 1, 1.0, 1.7)
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
        for i, style in zip(range(architecture.kernel_width), (BLUE, ORANGE), strict=False):
            axes.plot((0, 1), (inputs[t + i], y), color=style, ls=("-", "--")[i], lw=1)
        axes.plot((1, 2), (y, pooled[t // architecture.pool]), color=GREY, ls="-", lw=0.8)
    for x, starts, ends in ((2, pooled, hidden), (3, hidden, output)):
        for start in starts.values():
            for end in ends.values():
                axes.plot((x, x + 1), (start, end), color=GREY, ls="-", lw=0.4)


def _list(values: np.ndarray) -> str:
    # Adding 0 turns -0 into 0.
    return ", ".join(f"{value + 0:g}" for value in np.ravel(values)).replace("-", "−")


def plot_learning(
    examples: Sequence[np.ndarray], by_hand: np.ndarray, by_keras: np.ndarray, others: np.ndarray
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
        left.plot(signal - 8 * label, lw=0.5, color=BLUE, ls="-")
    left.set(xlabel="sample", yticks=(0, -8), yticklabels=("label 0", "label 1"))
    other_lines = right.plot(others.T, color=GREY, lw=0.4, ls="-")
    other_lines[0].set_label("by hand, other seeds")
    right.plot(by_hand, color=BLUE, ls="-", label="by hand")
    right.plot(by_keras, "o", markevery=5, mfc="none", color=RED, label="Keras SGD")
    right.axhline(np.log(2), **DOTTED)
    write(right, len(by_hand) - 1, np.log(2), "guessing: ln 2", ha="right", va="bottom")
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
    right.set(xlabel="FC1's units on (%)", ylim=(0, None))
    return figure
