import keras
import numpy as np
import pytest

from cnnlab.networks.devices import use_policy
from cnnlab.networks.light_vgg import build_light_vgg, build_light_vgg_with_batch_normalisation


def test_tabled_form_has_the_papers_parameters():
    model = build_light_vgg()
    assert model.count_params() == 3_744_664
    # The table of Hewitt & Gunes (2018): height, width and channels after each pool.
    shapes = [model.get_layer(f"pool{block}").output.shape[1:] for block in range(1, 6)]
    assert shapes == [(64, 64, 16), (32, 32, 32), (16, 16, 64), (8, 8, 128), (4, 4, 128)]
    assert model.get_layer("flatten").output.shape[1:] == (2048,)


def test_form_with_batch_normalisation_has_the_authors_parameters():
    model = build_light_vgg_with_batch_normalisation()
    trainable = sum(np.prod(weight.shape) for weight in model.trainable_weights)
    assert (model.count_params(), trainable) == (3_753_016, 3_747_448)


@pytest.mark.parametrize("build", [build_light_vgg, build_light_vgg_with_batch_normalisation])
def test_logits_are_float32_under_mixed_precision(build):
    with use_policy("mixed_bfloat16"):
        model = build()
    assert model.get_layer("conv1_1").compute_dtype == "bfloat16"
    assert model(np.zeros((1, 128, 128, 3), np.float32)).dtype == "float32"


def test_tabled_form_beats_chance_on_a_task_that_can_be_learned():
    """Glorot initialisation with Adam 1e-3 stays at ln 8 here; He with 3e-4 must not."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    labels = np.arange(64) % 8
    images = rng.uniform(0, 0.2, (64, 128, 128, 3)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(label, 3)
        image[40 * row : 40 * row + 30, 40 * column : 40 * column + 30] += 0.6
    model = build_light_vgg()
    model.compile(
        keras.optimizers.Adam(3e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    model.fit(images, labels, batch_size=16, epochs=8, verbose=0)
    assert model.evaluate(images, labels, verbose=0) < 0.5 * np.log(8)
