"""How the report's networks are trained: small ones in their place, on a handful of made images."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from evaluation.made_faces import build_tiny

from cnnlab import paths
from cnnlab.faces.dataset import FaceDataset
from cnnlab.faces.loading import Faces
from cnnlab.faces.splits import Split
from cnnlab.networks import from_scratch
from cnnlab.networks.family import FAMILY, FAMILY_RECIPE, train_variant
from cnnlab.networks.from_scratch import train_light_vgg
from cnnlab.networks.normalisation import FusedBatchNormalization
from cnnlab.networks.predictions import predict_outputs
from cnnlab.networks.recipes import learned_shares, weigh_classes
from cnnlab.networks.transfer import list_stages, train_vgg16
from cnnlab.networks.vgg16 import build_vgg16_classifier
from cnnlab.settings import PROFILES

SHORT = replace(
    PROFILES["smoke"],
    light_vgg_epochs=2,
    vgg16_copies=1,
    vgg16_frozen_epochs=2,
    vgg16_block5_epochs=1,
    vgg16_block4_epochs=1,
)


def build_small_base():
    """Blocks named and halved as VGG16's, but of one narrow convolution, the same each time."""
    inputs = keras.Input((128, 128, 3), name="image")
    x = keras.layers.Rescaling(8, offset=-4, name="centre")(inputs)
    for block, filters in enumerate((4, 4, 8, 8, 512), 1):
        start = keras.initializers.HeNormal(seed=block)
        x = keras.layers.Conv2D(
            filters,
            3,
            padding="same",
            activation="relu",
            kernel_initializer=start,
            name=f"block{block}_conv1",
        )(x)
        x = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    return keras.Model(inputs, x)


def build_small_vgg16():
    base = build_small_base()
    x = keras.layers.GlobalAveragePooling2D(name="global_average_pool")(base.output)
    head = keras.layers.Dense(8, kernel_initializer="zeros", dtype="float32", name="logits")
    return keras.Model(base.input, head(x))


def build_normalised():
    inputs = keras.Input((128, 128, 3), name="image")
    x = keras.layers.AveragePooling2D(32)(inputs)
    x = keras.layers.Conv2D(4, 1, use_bias=False, name="conv")(x)
    x = keras.layers.Flatten()(FusedBatchNormalization(name="bn")(x))
    return keras.Model(inputs, keras.layers.Dense(8, dtype="float32", name="logits")(x))


@pytest.fixture(scope="module")
def faces():
    labels = np.tile(np.arange(8), 4)
    images = np.random.default_rng(0).integers(0, 60, (32, 128, 128, 3), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[16 * label : 16 * label + 16] += 60
        # A colour of its own: where the stripe is, averages over all places hardly tell.
        image += 120 * np.array([label & 1, label >> 1 & 1, label >> 2], np.uint8)
    dataset = FaceDataset("made", False, (), labels, np.array(["train"] * 24 + ["validation"] * 8))
    split = Split(np.arange(16), np.arange(16, 24), np.arange(24, 32))
    return Faces(dataset, images, (), split, "0" * 64)


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "TRAINED", root / "trained")
        patch.setattr(paths, "FEATURES", root / "features")
        recipe = replace(from_scratch.LIGHT_VGG, learning_rate=0.03, batch_size=4)
        small = replace(from_scratch.LIGHT_VGG_AS_TABLED, build=build_tiny, recipe=recipe)
        patch.setattr(from_scratch, "LIGHT_VGG_AS_TABLED", small)
        yield root


@pytest.fixture(scope="module")
def networks(faces):
    # Fast enough that epochs of a few steps can be told apart by their loss.
    rates = {"frozen": 3e-3, "block 5": 1e-3, "block 4": 1e-3}
    stages = [
        replace(
            stage,
            recipe=replace(stage.recipe, learning_rate=rates[stage.title], batch_size=4),
        )
        for stage in list_stages(SHORT)
    ]
    return {
        "VGG16": train_vgg16(faces, SHORT, 1, stages, build_small_vgg16),
        "VGG16, two stages": train_vgg16(faces, SHORT, 1, stages[:2], build_small_vgg16),
        "Light VGG": train_light_vgg(faces, SHORT, seed=1),
    }


@pytest.mark.parametrize(
    ("title", "stages"),
    [
        ("VGG16", ["frozen", "frozen", "block 5", "block 4"]),
        ("VGG16, two stages", ["frozen", "frozen", "block 5"]),
        ("Light VGG", ["all layers", "all layers"]),
    ],
)
def test_history_numbers_all_epochs_of_all_stages(networks, title, stages):
    network = networks[title]
    assert network.history["stage"].tolist() == stages
    assert network.history.index.tolist() == list(range(1, len(stages) + 1))


@pytest.mark.parametrize("title", ["VGG16", "VGG16, two stages", "Light VGG"])
def test_model_is_that_of_the_chosen_epoch_from_pixels_to_float32_logits(networks, faces, title):
    network = networks[title]
    rows = faces.split.development
    logits = np.asarray(network.model(faces.images[rows] / np.float32(255)))
    assert logits.dtype == np.float32
    assert {layer.compute_dtype for layer in network.model.layers} == {"float32"}
    loss = keras.losses.sparse_categorical_crossentropy(faces.labels[rows], logits, True)
    losses = network.history["val_loss"]
    assert losses[network.chosen_epoch] == losses.min()
    assert losses.min() < np.log(8) - 0.1, "nothing learned that could be told from a new network"
    # Trained on float16 features, on some machines in bfloat16: near, not equal.
    assert float(np.mean(loss)) == pytest.approx(losses.min(), abs=0.03)


def test_predictions_are_the_models_in_the_asked_order_and_are_kept(networks, faces):
    network = networks["Light VGG"]
    rows = np.array([30, 24, 27])
    logits = predict_outputs(network, faces, rows)
    expected = np.asarray(network.model(faces.images[rows] / np.float32(255)))
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)
    unseen = replace(faces, images=None)
    np.testing.assert_array_equal(predict_outputs(network, unseen, rows), logits)
    with pytest.raises(TypeError):
        predict_outputs(network, unseen, rows[::-1])


def test_a_variant_of_the_family_is_given_all_its_epochs_by_its_own_recipe(faces):
    profile = replace(SHORT, family_epochs=2, patience=1)
    network = train_variant(replace(FAMILY[1], build=build_normalised), faces, profile)
    assert (network.title, len(network.history)) == ("VGG variant", 2)
    assert {layer.compute_dtype for layer in network.model.layers} == {"float32"}


def test_classes_weigh_by_a_power_of_what_would_make_them_equal(faces):
    scarce = replace(faces, split=replace(faces.split, training=np.r_[0:8, 8:15]))
    counts = np.bincount(scarce.labels[scarce.split.training])
    equal, root, none = (
        np.array(list(weigh_classes(scarce, replace(FAMILY_RECIPE, class_weight_power=p)).values()))
        for p in (1.0, 0.5, 0.0)
    )
    np.testing.assert_allclose(equal * counts, counts.sum() / 8, rtol=1e-5)
    np.testing.assert_allclose(root**2 * counts, (root**2 * counts)[0], rtol=1e-5)
    np.testing.assert_array_equal(none, 1)
    for weights in (equal, root):
        assert weights @ counts == pytest.approx(counts.sum(), rel=1e-5)
    # What the loss takes for the classes' frequencies lies between equal and as they are.
    for power, expected in ((1.0, np.full(8, 1 / 8)), (0.0, counts / counts.sum())):
        recipe = replace(FAMILY_RECIPE, class_weight_power=power)
        np.testing.assert_allclose(learned_shares(scarce, recipe), expected, rtol=1e-5)


def test_a_stage_trains_what_it_names_and_all_above_is_cut_off_for_it():
    frozen, block5, block4 = list_stages(SHORT)
    assert [stage.last_frozen_block for stage in (frozen, block5, block4)] == [5, 4, 3]
    model = build_vgg16_classifier()
    block4.freeze(model)
    trained = {layer.name[:6] for layer in model.layers if layer.weights and layer.trainable}
    assert trained == {"block4", "block5", "logits"}
    frozen.freeze(model)
    assert [weight.path for weight in model.trainable_weights] == ["logits/kernel", "logits/bias"]


def test_block_1_cannot_be_trained(faces):
    (frozen, *_) = list_stages(SHORT)
    everything = replace(frozen, title="all", trained=("block", "logits"))
    with pytest.raises(ValueError, match="trains block 1"):
        train_vgg16(faces, SHORT, stages=[everything])


def test_another_head_is_trained_on_the_last_maps(faces):
    def build():
        base = build_small_base()
        x = keras.layers.Flatten(name="flatten")(base.output)
        return keras.Model(base.input, keras.layers.Dense(8, dtype="float32", name="logits")(x))

    one_epoch = replace(list_stages(SHORT)[0], epochs=1)
    network = train_vgg16(faces, SHORT, stages=[one_epoch], build=build)
    logits = np.asarray(network.model(faces.images[faces.split.development] / np.float32(255)))
    loss = keras.losses.sparse_categorical_crossentropy(
        faces.labels[faces.split.development], logits, True
    )
    (expected,) = network.history["val_loss"]
    assert float(np.mean(loss)) == pytest.approx(expected, rel=0.05)
