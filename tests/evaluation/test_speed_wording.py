import pandas as pd
import pytest

from cnnlab.evaluation.speed_wording import (
    choose_precision,
    describe_training_speed,
    format_stages,
    tabulate_stages,
)
from cnnlab.evaluation.training_speed import (
    AUGMENTATION,
    AUTHORS,
    COMPOSED,
    DECODING,
    FORWARD,
    PRODUCT,
    QUIET,
    STEP,
    compare_with_peak,
)

from .languages import assert_same_numbers

BFLOAT16 = "mixed_bfloat16"


@pytest.fixture
def study():
    rows = [
        ("", None, DECODING, 1.25, None),
        ("", None, AUGMENTATION, 0.5, None),
        ("4 × 4", "float32", PRODUCT, 10, 1),
        ("4 × 4", BFLOAT16, PRODUCT, 5, 1),
    ]
    for precision, slowness in (("float32", 2), (BFLOAT16, 1)):
        for network, step in ((AUTHORS, 5), (COMPOSED, 10), (QUIET, 4)):
            rows.append((network, precision, FORWARD, slowness, 0.1))
            rows.append((network, precision, STEP, step * slowness, 0.3))
        rows.append(("frozen", precision, FORWARD, 20 * slowness, 2))
    columns = ["network", "precision", "stage", "milliseconds", "gflop"]
    table = compare_with_peak(pd.DataFrame(rows, columns=columns))
    return table.assign(processor="a processor", versions="some versions", date="2026-01-02")


def test_the_faster_precision_is_shown(study):
    assert choose_precision(study) == BFLOAT16


def test_the_way_back_is_the_step_without_the_way_forward(study):
    table = tabulate_stages(study, "float32")
    assert list(table.index) == [AUTHORS, COMPOSED, QUIET, "frozen"]
    assert table.loc[AUTHORS].to_dict() == pytest.approx(
        {"forward": 2, "backward": 8, "images_per_second": 100, "share_of_peak": 0.3}
    )


def test_what_is_not_trained_has_dashes_and_the_share_of_its_forward_pass(study):
    text = format_stages(tabulate_stages(study, BFLOAT16))
    assert list(text.loc["frozen"]) == ["20.00", "–", "–", "50%"]
    assert list(text.loc[AUTHORS]) == ["1.00", "4.00", "200", "30%"]


def test_the_text_has_the_recorded_numbers(study):
    text = describe_training_speed(study)
    assert_same_numbers(text, describe_training_speed(study, "fa"))
    for part in (
        "100 GFLOP/s in float32",
        "200 GFLOP/s in bfloat16",
        "1.2 ms",
        "200 images a second",
        "would be 100, and",
        " 250. All",
        "2026-01-02",
    ):
        assert part in text


def test_a_share_beyond_the_peak_is_explained_where_there_is_one(study):
    assert "no upper limit" not in describe_training_speed(study)
    faster = study.assign(
        share_of_peak=study["share_of_peak"].where(study["network"] != "frozen", 1.1)
    )
    assert "no upper limit" in describe_training_speed(faster)
    assert "سقف" in describe_training_speed(faster, "fa")
