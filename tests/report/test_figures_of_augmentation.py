"""The figures of notebook 05."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from cnnlab.report.figures.augmentation import plot_learning_curve
from cnnlab.style import TEXT_WIDTH


def test_the_learning_curve_shows_points_and_intervals_at_the_sizes():
    curve = pd.DataFrame(
        {
            "train_per_class": [40, 150, 1200],
            "estimate": [0.4, 0.6, 0.8],
            "low": [0.35, 0.55, 0.78],
            "high": [0.5, 0.65, 0.83],
        }
    )
    figure = plot_learning_curve(curve)
    (axes,) = figure.axes
    line, _, (bars,) = axes.containers[0]
    np.testing.assert_allclose(line.get_xydata().T, (curve["train_per_class"], curve["estimate"]))
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends, curve[["low", "high"]])
    figure.canvas.draw()
    shown = [label.get_text() for label in axes.get_xticklabels() if label.get_text()]
    assert shown == ["40", "150", "1,200"]
    assert figure.get_figwidth() == pytest.approx(0.6 * TEXT_WIDTH)
    plt.close(figure)
