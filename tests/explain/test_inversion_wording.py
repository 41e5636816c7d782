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
from cnnlab.explain.inversion_figures import draw_survival, list_figures
from cnnlab.explain.inversion_wording import (
    describe_contrast,
    describe_deepest,
    describe_depth,
    describe_gain,
    describe_survival,
    survives,
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
    assert "The place is found only in shallow of VGG16." in text
    assert f"The {EXPRESSION} is found in no layer." in text
    depth = describe_depth(make_table())
    assert "rises from 10.0 to 30.0 grey levels" in depth
    assert "mean face is at 40.0 grey levels and 0.40" in depth


def test_layers_are_named_network_by_network():
    table = make_table()
    second = table[table["network"] == "VGG16"].assign(network="Light VGG")
    second = second[second["layer"] == "shallow"]
    text = describe_survival(pd.concat([table, second]))
    assert "The place is found only in shallow of VGG16 and shallow of the light VGG." in text


def test_gain_names_what_only_one_of_two_tables_holds_for_certain():
    small, large = make_table(), make_table()
    assert describe_gain(small, large) == "Otherwise the larger decoders find the same."
    deep_place = (
        (large["layer"] == "deep") & (large["picture"] == DECODED) & (large["figure"] == SHIFT)
    )
    large.loc[deep_place, ["estimate", "low", "high"]] = [1.0, 0.9, 1.1]
    gained = "Compared with the small decoders, they also find the place in deep of VGG16."
    assert describe_gain(small, large) == gained
    assert describe_gain(large, small) == gained.replace("also find", "do not find")
    # Another judge of the larger ones is no difference.
    judged = large[large["figure"] == EXPRESSION].assign(figure=name_expression("another"))
    assert describe_gain(small, pd.concat([large, judged])) == gained


def test_of_the_deepest_layer_is_said_what_it_kept_and_what_not():
    text = describe_deepest(make_table())
    assert text.startswith("From deep, the deepest inverted layer of VGG16, the colour can be")
    assert text.endswith(f"but not the place and the {EXPRESSION}.")
    table = make_table()
    table[["low", "high"]] = np.nan
    assert "nothing is found for certain" in describe_deepest(table)


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
    figures = list_figures(make_table())
    assert figures == [ERROR, SIMILARITY, COLOUR, SHIFT, EXPRESSION]
    figure = draw_survival(make_table(), figures)
    # Where a title stands depends on whether the style sheet has been applied.
    titles = [
        ax.get_title(loc="left") + ax.get_title(loc="center") for ax in figure.axes if ax.axison
    ]
    assert len(titles) == 5
    assert titles[-1] == "expr. by the judge"
    drawn = [line.get_ydata() for line in figure.axes[0].lines]
    assert any(np.array_equal(values, [10, 30]) for values in drawn)
    # The layers are named below the lowest panel of each column.
    named = [ax.xaxis.get_tick_params()["labelbottom"] for ax in figure.axes if ax.axison]
    assert named == [False, True, True, True, True]
    plt.close(figure)


def test_a_few_figures_of_merit_make_one_line():
    figure = draw_survival(make_table(), [ERROR, EXPRESSION])
    assert sum(ax.axison for ax in figure.axes) == 2
    plt.close(figure)


def test_persian_sentences_say_the_same():
    text = describe_survival(make_table(), "fa")
    assert "رنگ در همهٔ لایه‌ها یافت می‌شود." in text
    assert "مکان تنها در shallow در VGG16 یافت می‌شود." in text
    assert "حالت چهره (با داوری the judge) در هیچ لایه‌ای یافت نمی‌شود." in text
    text = describe_depth(make_table(), "fa")
    assert "از 10.0 به 30.0" in text and "بالا می‌رود" in text and "40.0 سطح خاکستری" in text
    assert "می‌توان رنگ را بازیافت، ولی" in describe_deepest(make_table(), "fa")
    assert describe_gain(make_table(), make_table(), "fa").startswith("جز این")
