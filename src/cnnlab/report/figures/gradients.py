"""Figures of notebook 03: the network, drawn from its parameters, and the behaviour of its cost."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cnnlab.style import CLASS_COLOURS, TEXT_WIDTH
from cnnlab.theory.gradients import Architecture, Parameters

_BLUE, _RED, _GREY = CLASS_COLOURS[0], CLASS_COLOURS[6], CLASS_COLOURS[5]
# Not blue and red, which tell the sign of the other weights.
_TAP_COLOURS = (CLASS_COLOURS[3], CLASS_COLOURS[4], CLASS_COLOURS[1], CLASS_COLOURS[2])
_TAP_LINES = ("-", "-.", ":", "--")


def draw_network(parameters: Parameters, architecture: Architecture) -> Figure:
    """Draw the first two and the last window of the pool with all that they are connected to.

    A tap of the kernel has one colour and line wherever it is used. An edge of FC1 or of the
    output is as wide as its weight is large; it is solid blue if positive, dashed red if not.

    Args:
        parameters: whose weights are drawn.
        architecture: at least 3 windows in the pool, at most 4 taps in the kernel.
    """
    P, M, T = architecture.pool, architecture.pooled_length, architecture.convolved_length
    k, last = architecture.kernel_width, (M - 1) * P
    height = {i: -float(i) for i in range(2 * P + k - 1)}
    height |= {i: -(i - last + 2 * P + k + 1.0) for i in range(last, T + k - 1)}
    convolved = [t for t in range(T) if t < 2 * P or t >= last]
    middle_c = {t: np.mean([height[t + i] for i in range(k)]) for t in convolved}
    middle_p = {m: np.mean([middle_c[m * P + r] for r in range(P)]) for m in (0, 1, M - 1)}
    bottom = min(height.values())
    middle_h = dict(enumerate(np.linspace(0.06, 0.94, architecture.hidden) * bottom))
    middle_z = {0: bottom / 2}

    figure, axes = plt.subplots(figsize=(TEXT_WIDTH, 3.7))
    for t in convolved:
        for i in range(k):
            axes.plot(
                (0, 1), (height[t + i], middle_c[t]), color=_TAP_COLOURS[i], ls=_TAP_LINES[i], lw=1
            )
    for m, y in middle_p.items():
        for r in range(P):
            axes.plot((1, 2), (middle_c[m * P + r], y), color=_GREY, ls="-", lw=1)
        _draw_weights(axes, 2, y, middle_h, parameters.W_F[m], np.abs(parameters.W_F).max())
    for j, y in middle_h.items():
        _draw_weights(axes, 3, y, middle_z, parameters.W_Z[j : j + 1], np.abs(parameters.W_Z).max())

    _draw_units(axes, 0, height, r"\tilde{x}")
    _draw_units(axes, 1, middle_c, "c")
    _draw_units(axes, 2, middle_p, "p")
    _draw_units(axes, 3, middle_h, "h")
    _draw_units(axes, 4, middle_z, "z")
    padding = architecture.padding
    for i in [*range(padding), *range(T + k - 1 - padding, T + k - 1)]:
        axes.text(-0.13, height[i], "0", ha="right", va="center", fontsize=7, color=_GREY)
    for x, heights in ((0, height), (1, middle_c), (2, middle_p)):
        values = sorted(heights.values())
        gap = int(np.argmax(np.diff(values)))
        axes.text(x, (values[gap] + values[gap + 1]) / 2, "⋮", ha="center", va="center")
    headings = (
        f"padded input\n{architecture.padded_length}",
        f"Conv1, ReLU\n{T}",
        f"AVGPOOL1\n{M}",
        f"FC1, ReLU\n{architecture.hidden}",
        "sigmoid\n1",
    )
    for x, heading in enumerate(headings):
        axes.text(x, 1.0, heading, ha="center", va="bottom", fontsize=8)
    taps = ", ".join(f"$W^C_{{{i + 1}}}={parameters.W_C[i]:.2f}$" for i in range(k))
    for x, label in ((0.5, taps), (1.5, f"$1/P=1/{P}$"), (2.5, "$W^F$"), (3.5, "$W^Z$")):
        axes.text(x, bottom - 0.7, label, ha="center", va="top", fontsize=8)
    axes.set(xlim=(-0.35, 4.3), ylim=(bottom - 1.6, 2.6))
    axes.axis("off")
    return figure


def _draw_weights(
    axes: Axes, x: float, y: float, targets: dict[int, float], weights: np.ndarray, largest: float
) -> None:
    for (_, target), weight in zip(targets.items(), weights, strict=True):
        positive = weight > 0
        axes.plot(
            (x, x + 1),
            (y, target),
            color=_BLUE if positive else _RED,
            ls="-" if positive else "--",
            lw=0.2 + 1.4 * abs(weight) / largest,
            alpha=0.7,
        )


def _draw_units(axes: Axes, x: float, heights: dict[int, float], letter: str) -> None:
    for index, y in heights.items():
        axes.plot(x, y, "o", color="white", mec="black", ms=6, mew=0.8, zorder=3)
        subscript = f"_{{{index + 1}}}" if letter != "z" else ""
        axes.annotate(
            f"${letter}{subscript}$",
            (x, y),
            xytext=(0, 4.5),
            textcoords="offset points",
            ha="center",
            fontsize=6.5,
            zorder=4,
            bbox={"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none", "alpha": 0.75},
        )


def plot_sharing(delta: np.ndarray, terms: np.ndarray) -> Figure:
    """Plot one signal's delta and, for each tap, the running sum of its terms along the signal.

    Args:
        delta: (T,) derivative of the cost with respect to the convolution's output.
        terms: (T, k) the products of delta and the input, whose column sums are the gradient.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(TEXT_WIDTH, 2.1))
    positions = np.arange(1, delta.size + 1)
    left.plot(positions, delta, lw=0.5, ls="-")
    left.set(xlabel="position $t$", ylabel=r"$\delta^C_t$")
    for i, sums in enumerate(np.cumsum(terms, axis=0).T):
        (line,) = right.plot(positions, sums, label=f"tap $i={i + 1}$")
        right.plot(delta.size, sums[-1], "o", color=line.get_color())
    right.axhline(0, color=_GREY, lw=0.5, ls="-")
    right.set(xlabel="summed up to position $t$", ylabel=r"$\sum \delta^C_t \tilde{x}_{t+i-1}$")
    right.legend()
    return figure


def plot_learning(
    by_hand: np.ndarray, by_keras: np.ndarray, differences: np.ndarray, others: np.ndarray
) -> Figure:
    """Plot two cost curves and the relative difference of the two networks' parameters.

    Args:
        by_hand: (steps + 1,) mean cost before each step and after the last.
        by_keras: (steps + 1,) the same for Keras.
        differences: (steps + 1,) relative norm of the difference.
        others: (starts, steps + 1) mean costs by hand from other first parameters.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(TEXT_WIDTH, 2.2))
    steps = np.arange(by_hand.size)
    other_lines = left.plot(steps, others.T, color=_GREY, lw=0.4, ls="-")
    left.plot(steps, by_hand, label="by hand")
    left.plot(steps[::5], by_keras[::5], "o", mfc="none", label="Keras SGD")
    left.axhline(np.log(2), color=_GREY, lw=0.8, ls=":")
    left.annotate("guessing: ln 2", (steps[-1], np.log(2)), ha="right", va="bottom", fontsize=8)
    other_lines[0].set_label("by hand, other seeds")
    left.set(xlabel="step", ylabel="cost per signal (nat)", ylim=(0, None))
    left.legend()
    # The common start has no difference, which a logarithmic axis cannot show.
    right.semilogy(steps[1:], differences[1:], ls="-")
    right.axhline(np.finfo(float).eps, color=_GREY, lw=0.8, ls=":")
    right.annotate(
        "float64's epsilon", (steps[-1], np.finfo(float).eps), ha="right", va="bottom", fontsize=8
    )
    right.set(xlabel="step", ylabel="relative difference", ylim=(1e-18, 1e-14))
    return figure


def plot_vanishing(
    saturation: tuple[np.ndarray, dict[str, np.ndarray]],
    weights: tuple[np.ndarray, np.ndarray],
    units: tuple[np.ndarray, np.ndarray],
) -> Figure:
    """Plot the norm of the kernel's gradient against three causes that make it vanish.

    Args:
        saturation: biases of the output unit, and by the name of a cost the norms there.
        weights: factors on the weights after the pool, and the norms.
        units: the part of FC1's units that is on, in [0, 1], and the norms; they may be 0.
    """
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(TEXT_WIDTH, 1.8))
    for name, norms in saturation[1].items():
        left.semilogy(saturation[0], norms, label=name)
    left.set(xlabel="bias $b^Z$ (label $y = 1$)", ylabel="norm (start: 1)")
    left.legend(fontsize=7, loc="lower left")
    middle.loglog(*weights, "o-", ms=3)
    middle.set(xlabel="factor on $W^F$ and $W^Z$")
    right.plot(100 * units[0], units[1], "o-", ms=3)
    right.set(xlabel="FC1's units that are on (%)", ylim=(0, None))
    return figure
