"""Digits, order and direction of Persian text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.report.text.persian import alphabetical_key, keep_order, localise_numbers


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("خطا 0.123 است", "خطا ۰٫۱۲۳ است"),
        ("1,234,567 تصویر", "۱٬۲۳۴٬۵۶۷ تصویر"),
        ("95.5% از 12", "۹۵٫۵٪ از ۱۲"),
        ("از 3، 4 و 5.", "از ۳، ۴ و ۵."),
        ("[0.57 تا 0.62]", "[۰٫۵۷ تا ۰٫۶۲]"),
        ("تفاوت -3.1", "تفاوت \u200e−۳٫۱"),
        ("کرنل 3 × 3", r"کرنل $3 \times 3$"),
        ("393 · 10 + 10", r"$393 \cdot 10 + 10$"),
        ("تا 4e-16", r"تا $4 \times 10^{-16}$"),
        ("`1e-3` و 1.25e+06", r"`1e-3` و $1.25 \times 10^{6}$"),
        ("2026-11-24", "۲۰۲۶-۱۱-۲۴"),
    ],
)
def test_numbers_of_prose_become_persian(written, printed):
    assert localise_numbers(written) == printed


@pytest.mark.parametrize(
    "kept",
    [
        "$x_{12} = 3.5$",
        "$$ 12 \\label{eq-04-size} $$",
        "`a[3]`",
        "@fig-04-wave",
        "[@cohen2016]",
        "VGG16",
        "float32",
        "conv5_2",
        "[جا](https://a.b/2024)",
        "https://a.b/3",
        "# عنوان {#sec-01}",
        '<div dir="rtl" id="n3">',
        "```\nx = 3\n```",
        "1. نخست\n2. دوم",
        "> 1. نخست",
    ],
)
def test_what_is_no_prose_keeps_its_digits(kept):
    assert localise_numbers(kept) == kept


@given(st.text(alphabet="0123456789 .,%−-×abیک$`@[]()", max_size=40))
def test_persian_text_is_not_changed_again(text):
    once = localise_numbers(text)
    assert localise_numbers(once) == once


@given(st.integers(0, 10**9), st.integers(0, 4))
def test_a_number_can_be_read_back(value, digits):
    written = f"{value / 7:,.{digits}f}"
    printed = localise_numbers(f"مقدار {written} است").split()[1]
    assert not set("0123456789.,") & set(printed)
    assert float(printed.replace("٬", "").replace("٫", ".")) == float(written.replace(",", ""))


@pytest.mark.parametrize(
    ("written", "parted"),
    [
        ("از conv5_2، ۱۰۱ واحد", "از conv5_2|، ۱۰۱ واحد"),
        ("VGG16، gradient", "VGG16|، gradient"),
        ("VGG16 [@simonyan2015] با", "VGG16| [@simonyan2015] با"),
        ("[\u200e−۰٫۱۱، \u200e−۰٫۰۵]", "[\u200e−۰٫۱۱|، \u200e−۰٫۰۵]"),
        ("\u200e−۰٫۰۷ [۰٫۱، ۰٫۲]", "\u200e−۰٫۰۷| [۰٫۱، ۰٫۲]"),
        ("HiResCAM (`conv3_2`)، Grad-CAM", "HiResCAM| (`conv3_2`)|، Grad-CAM"),
        ("Grad-CAM++، conv3_2", "Grad-CAM++\u200e|، conv3_2"),
        ("**Grad-CAM++** [@a2018]", "**Grad-CAM++\u200e|** [@a2018]"),
        ("**گذر از FC1.** ReLU", "**گذر از FC1|.** ReLU"),
        ("شبکه ۱۰۰٫۰٪", "شبکه ۱۰۰٫۰|٪"),
    ],
)
def test_latin_names_and_signed_numbers_are_parted_from_what_follows(written, parted):
    assert keep_order(written) == parted.replace(" | ", "\n").replace("|", "\u200f").replace(
        "\n", " | "
    )


@pytest.mark.parametrize(
    "whole",
    [
        "شبکهٔ VGG16 و n = ۳۲۰ تصویر از ۱٫۵ تا ۲",
        "پس‌انتشار (Guided backpropagation) هر دو را",
        "$k = 2$، $M = 3$ و @fig-02-growth، @tbl-02-rules",
        "## میدان {#sec-04}\n\n۳ لایه",
        "1. نخست\n2. دوم",
        "[Web](https://a.b/3)، ۵",
        "```\nx. y\n```\n",
    ],
)
def test_what_runs_from_the_right_as_it_is_gets_no_mark(whole):
    assert keep_order(whole) == whole


@given(st.text(alphabet="12۳۴ .,،٪−+abیک$`@[]()*\n", max_size=40))
def test_marks_are_all_that_is_added(text):
    assert keep_order(text).replace("\u200f", "").replace("\u200e", "") == text


def test_words_are_sorted_by_the_persian_alphabet():
    words = ["یادگیری", "پس‌انتشار", "گام", "کرنل", "بایاس", "چهره", "ژرف", "هم‌وردایی", "آزمون"]
    in_order = ["آزمون", "بایاس", "پس‌انتشار", "چهره", "ژرف", "کرنل", "گام", "هم‌وردایی", "یادگیری"]
    assert sorted(words, key=alphabetical_key) == in_order
