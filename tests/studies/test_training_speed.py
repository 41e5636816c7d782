from functools import partial
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cnnlab.faces.dataset import ImageFile
from cnnlab.networks.light_vgg import build_light_vgg_with_batch_normalisation
from cnnlab.studies import training_speed
from cnnlab.studies.records import read_studies, write_study
from cnnlab.studies.training_speed import (
    AUGMENTATION,
    AUTHORS,
    COMPOSED,
    DECODING,
    FORWARD,
    PRODUCT,
    QUIET,
    STEP,
    STUDY,
    SUBJECTS,
    Subject,
    choose_precision,
    compare_with_peak,
    count_flop,
    format_stages,
    in_policy,
    measure_product,
    measure_subject,
    record_training_speed,
    tabulate_stages,
    with_composed_normalisation,
    without_noise,
)


def build_small(dtype):
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", dtype=dtype)(inputs)
    x = keras.layers.Flatten(dtype=dtype)(x)
    return keras.Model(inputs, keras.layers.Dense(8, dtype="float32")(x))


def kinds_of(model):
    return {type(layer).__name__ for layer in model.layers}


def test_operations_of_a_step_are_those_of_a_product_and_its_two_gradients():
    model = build_small("float32")
    conv, dense = 64 * 9 * 3 * 4, 256 * 8
    assert count_flop(model, FORWARD) * 1e9 == pytest.approx(2 * (conv + dense))
    # Two gradients a layer, but the first layer's input is the image.
    assert count_flop(model, STEP) * 1e9 == pytest.approx(2 * (2 * conv + 3 * dense))


def test_copies_differ_in_the_named_layers_only():
    authors = in_policy(build_light_vgg_with_batch_normalisation)("mixed_bfloat16")
    composed, quiet = with_composed_normalisation(authors), without_noise(authors)
    fused, usual = {"FusedBatchNormalization"}, {"BatchNormalization"}
    assert kinds_of(composed) ^ kinds_of(authors) == fused | usual
    assert kinds_of(quiet) ^ kinds_of(authors) == {"GaussianDropout", "Identity"}
    for copy in (composed, quiet):
        assert [layer.name for layer in copy.layers] == [layer.name for layer in authors.layers]
        assert copy.count_params() == authors.count_params()
        assert copy.get_layer("conv1_1_bn").compute_dtype == "bfloat16"


@pytest.mark.parametrize("subject", SUBJECTS[:4], ids=lambda subject: subject.title)
def test_subjects_are_networks_of_eight_classes(subject):
    assert subject.build("float32").output.shape == (None, 8)


def test_what_is_not_trained_has_no_step():
    rows = measure_subject(Subject("frozen", build_small, trained=False), "float32", runs=2)
    assert [row["stage"] for row in rows] == [FORWARD]


def test_shares_are_of_the_best_product_in_the_same_precision():
    rows = [
        {"stage": PRODUCT, "precision": "float32", "milliseconds": 20, "gflop": 1},
        {"stage": PRODUCT, "precision": "float32", "milliseconds": 10, "gflop": 1},
        {"stage": PRODUCT, "precision": "mixed_bfloat16", "milliseconds": 5, "gflop": 1},
        {"stage": STEP, "precision": "float32", "milliseconds": 40, "gflop": 2},
        {"stage": STEP, "precision": "mixed_bfloat16", "milliseconds": 40, "gflop": 2},
        {"stage": DECODING, "precision": "", "milliseconds": 1},
    ]
    table = compare_with_peak(pd.DataFrame(rows))
    np.testing.assert_allclose(table["share_of_peak"], [0.5, 1, 1, 0.5, 0.25, np.nan])
    assert table["gflop_per_second"][0] == 50


def test_a_product_of_matrices_counts_two_operations_a_multiplication():
    assert measure_product("mixed_bfloat16", size=100, runs=2)["gflop"] == pytest.approx(2e-3)


def test_the_study_is_written_signed_and_read_as_a_table(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    files = []
    for number in range(3):
        path = tmp_path / f"{number}.png"
        Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8)).save(path)
        files.append(ImageFile(path, path.name))
    faces = SimpleNamespace(
        dataset=SimpleNamespace(files=tuple(files)),
        images=rng.integers(0, 256, (3, 16, 16, 3), np.uint8),
    )
    subjects = (Subject("small", build_small), Subject("frozen", build_small, trained=False))
    monkeypatch.setattr(training_speed, "SUBJECTS", subjects)
    monkeypatch.setattr(training_speed, "load_faces", lambda: faces)
    monkeypatch.setattr(training_speed, "detect_policy", lambda: "mixed_bfloat16")
    monkeypatch.setattr(training_speed, "write_study", partial(write_study, folder=tmp_path))
    for name in ("measure_pipeline", "measure_subject"):
        monkeypatch.setattr(training_speed, name, partial(getattr(training_speed, name), runs=2))
    product = partial(measure_product, size=64, runs=2)
    monkeypatch.setattr(training_speed, "measure_product", product)
    record_training_speed()

    study = read_studies(STUDY, tmp_path)
    assert study["stage"].value_counts().to_dict() == {
        DECODING: 1,
        training_speed.AUGMENTATION: 1,
        PRODUCT: 4,
        FORWARD: 4,
        STEP: 2,
    }


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
