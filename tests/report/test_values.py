import numpy as np
import pandas as pd
import pytest

from cnnlab.report.text.values import Number, Percent, Power, holds, set_powers


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (Number(3744664, 0), "3,744,664"),
        (Number(0.575), "0.58"),
        (Number(-0.004), "0.00"),
        (Number(-1.5, 1), "−1.5"),
        (Number(float("nan")), "–"),
        (Percent(0.1625, 0), "16%"),
        (Percent(0.9375, 1), "93.8%"),
        (Power(4.5e-16, 1), "4.5 × 10⁻¹⁶"),
        (Power(3e5, 0), "3 × 10⁵"),
        (Power(0.0), "0"),
    ],
)
def test_values_print_themselves(value, printed):
    assert repr(value) == str(value) == f"{value}" == printed


def test_values_compare_and_stay_themselves_in_a_table():
    assert Number(0.5) == 0.5 < Percent(0.6) <= Number(0.6) and Number(2) > np.float64(1.9)
    assert pd.DataFrame({"a": [Number(1234, 0), Number(1, 0)]}).map(str)["a"][0] == "1,234"


def test_powers_become_formulae():
    assert set_powers("to 4 × 10⁻¹⁶ or 3 × 3") == r"to $4 \times 10^{-16}$ or 3 × 3"


@pytest.mark.parametrize("condition", [True, np.bool_(True), 1 > 0])
def test_a_true_claim_prints_nothing(condition):
    data, metadata = holds(condition)._repr_mimebundle_()
    assert data == {"text/plain": ""} and metadata == {"holds": True}


def test_a_false_claim_says_so():
    data, metadata = holds(np.float64(1) > 2)._repr_mimebundle_()
    assert "not borne out" in data["text/plain"] and "not borne out" in data["text/html"]
    assert metadata == {"holds": False}


@pytest.mark.parametrize("condition", [1, "yes", None, np.array([True])])
def test_a_claim_is_a_truth_value(condition):
    with pytest.raises(TypeError, match="holds takes a truth value"):
        holds(condition)
