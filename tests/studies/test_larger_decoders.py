import pandas as pd
import pytest

from cnnlab.studies import larger_decoders
from cnnlab.studies.larger_decoders import PREFIX, read_inversions
from cnnlab.studies.records import read_studies, write_study

SIGNATURE = {"processor": "p", "versions": "v", "date": "2026-11-24"}


@pytest.fixture
def studies(monkeypatch, tmp_path):
    monkeypatch.setattr(
        larger_decoders, "read_studies", lambda pattern: read_studies(pattern, tmp_path)
    )
    return tmp_path


def test_without_a_record_there_is_none(studies):
    assert read_inversions() is None


def test_the_record_of_most_images_is_read_and_baselines_have_an_empty_layer(studies):
    for name, images in (("small", 64), ("large", 1000), ("middle", 500)):
        table = pd.DataFrame({"network": ["", "VGG16"], "layer": ["", "block2_pool"]}).assign(
            data_digest=name, profile="default", train_n=images, epochs=8, **SIGNATURE
        )
        write_study(table, PREFIX + name, studies)
    record = read_inversions()
    assert set(record["data_digest"]) == {"large"}
    assert list(record["layer"]) == ["", "block2_pool"]
