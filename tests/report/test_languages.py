"""Modules that make sentences have the same ones in both languages."""

import re
from string import Formatter

import pytest

from cnnlab.evaluation import (
    ablation_wording,
    affect,
    family_study,
    litert_study,
    speed_wording,
    study_wording,
    transfer_curve,
    variants,
    wording,
)
from cnnlab.explain import (
    advice_wording,
    change_wording,
    inversion_wording,
    map_wording,
    projection_wording,
)
from cnnlab.explain import wording as explain_wording
from cnnlab.report import about

MODULES = (
    ablation_wording,
    about,
    advice_wording,
    affect,
    change_wording,
    explain_wording,
    family_study,
    inversion_wording,
    litert_study,
    map_wording,
    projection_wording,
    speed_wording,
    study_wording,
    transfer_curve,
    variants,
    wording,
)


def fields_of(words):
    """The places that are filled in, whatever their format."""
    text = " ".join(words) if isinstance(words, tuple) else words
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_each_sentence_has_its_partner_with_the_same_figures(module):
    english, persian = module._WORDS["en"], module._WORDS["fa"]
    assert set(english) == set(persian)
    for key in english:
        if key != "judged":  # English takes the figure's name, Persian words it anew
            assert fields_of(english[key]) == fields_of(persian[key]), key
        assert not re.search("[يكى]|[آ-ی] ?[,;?]", "".join(persian[key])), key


def test_every_aspect_has_its_persian_name():
    aspects = inversion_wording.ASPECTS
    assert set(aspects["en"]) == set(aspects["fa"])
