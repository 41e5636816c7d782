import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from cnnlab.explain.contrast import FEATURE_ERROR, OPTIMISED, PIXEL_ERROR
from cnnlab.explain.inversion import (
    COLOUR,
    DECODED,
    ERROR,
    IMAGE,
    MEAN_FACE,
    SHIFT,
    SIMILARITY,
    STRANGER,
    name_expression,
)
from cnnlab.explain.inversion_figures import draw_survival
from cnnlab.explain.inversion_wording import (
    describe_contrast,
    describe_depth,
    describe_survival,
    survives,
    tabulate_survival,
)

EXPRESSION = name_expression("the judge")
COLUMNS = ["network", "layer", "picture", "figure", "estimate", "low", "high", "n"]


def make_table():
    """Colour survives everywhere, place in the shallow layer, the expression nowhere."""
    own = {
        "shallow": {ERROR: 10, SIMILARITY: 0.9, COLOUR: 0.9, SHIFT: 0.5, EXPRESSION: 0.2},
        "deep": {ERROR: 30, SIMILARITY: 0.5, COLOUR: 0.8, SHIFT: 3.0, EXPRESSION: 0.1},
    }
    other = {ERROR: 50, SIMILARITY: 0.3, COLOUR: 0.0, SHIFT: 3.0, EXPRESSION: 0.15}
    rows = [
        ("", "", IMAGE, figure, value, value, value, 20)
        for figure, value in {ERROR: 0, SIMILARITY: 1, COLOUR: 1, SHIFT: 0, EXPRESSION: 0.9}.items()
    ]
    rows += [
        ("", "", MEAN_FACE, figure, value, value, value, 20)
        for figure, value in {ERROR: 40, SIMILARITY: 0.4, SHIFT: 3, EXPRESSION: 0.125}.items()
    ]
    rows.append(("", "", MEAN_FACE, COLOUR, np.nan, np.nan, np.nan, 0))
    for layer, values in own.items():
        for picture, given in ((DECODED, values), (STRANGER, other)):
            rows += [
                ("VGG16", layer, picture, figure, value, value - 0.1, value + 0.1, 20)
                for figure, value in given.items()
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_survival_needs_intervals_apart_in_the_good_direction():
    table = make_table()
    assert survives(table, "VGG16", "deep", COLOUR)
    assert survives(table, "VGG16", "shallow", SHIFT)
    assert not survives(table, "VGG16", "deep", SHIFT)
    assert not survives(table, "VGG16", "shallow", EXPRESSION)
    table[["low", "high"]] = np.nan
    assert not survives(table, "VGG16", "deep", COLOUR)
    assert "cannot be told from chance" in describe_survival(table)


def test_sentences_name_layers_and_figures():
    text = describe_survival(make_table())
    assert "The colour is found in every layer." in text
    assert "The place is found in shallow of the VGG16 only." in text
    assert f"The {EXPRESSION} is found in no layer." in text
    depth = describe_depth(make_table())
    assert "rises from 10.0 to 30.0 grey levels" in depth
    assert "mean face is at 40.0 grey levels and 0.40" in depth


def test_table_has_a_row_for_each_layer_and_baseline_but_not_for_strangers():
    shown = tabulate_survival(make_table())
    assert list(shown.index) == ["the image at 64×64", "mean face", "VGG16, shallow", "VGG16, deep"]
    assert shown.loc["VGG16, deep", ERROR] == "30.0"
    assert shown.loc["mean face", COLOUR] == "–"


def test_contrast_names_the_nearer_method():
    values = {
        ("a", DECODED, PIXEL_ERROR): 10,
        ("a", OPTIMISED, PIXEL_ERROR): 30,
        ("b", DECODED, PIXEL_ERROR): 20,
        ("b", OPTIMISED, PIXEL_ERROR): 60,
        ("a", DECODED, FEATURE_ERROR): 0.5,
        ("a", OPTIMISED, FEATURE_ERROR): 0.6,
        ("b", DECODED, FEATURE_ERROR): 0.9,
        ("b", OPTIMISED, FEATURE_ERROR): 0.2,
    }
    table = pd.DataFrame(
        [(*key, value) for key, value in values.items()],
        columns=["layer", "picture", "figure", "estimate"],
    )
    text = describe_contrast(table, PIXEL_ERROR, FEATURE_ERROR)
    assert "In pixels, the decoder is nearer in every layer" in text
    assert "among features, the decoder is nearer in a only" in text


def test_figure_has_a_panel_for_each_figure_of_merit_and_draws_the_estimates():
    figure = draw_survival(make_table())
    # Where a title stands depends on whether the style sheet has been applied.
    titles = [
        ax.get_title(loc="left") + ax.get_title(loc="center") for ax in figure.axes if ax.axison
    ]
    assert len(titles) == 5
    assert titles[-1] == EXPRESSION
    drawn = [line.get_ydata() for line in figure.axes[0].lines]
    assert any(np.array_equal(values, [10, 30]) for values in drawn)
    plt.close(figure)
