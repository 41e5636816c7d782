import keras
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from cnnlab.networks.light_vgg import build_light_vgg
from cnnlab.networks.transfer import list_stages
from cnnlab.networks.vgg16 import build_vgg16_classifier
from cnnlab.report.diagrams.question_5 import draw_network, draw_stages
from cnnlab.settings import PROFILES


def draw(model):
    figure = draw_network(model)
    (axes,) = figure.axes
    plt.close(figure)
    boxes = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    return boxes, [text.get_text() for text in axes.texts]


def test_every_layer_is_a_box_and_every_block_has_its_kernels_and_its_shape():
    boxes, labels = draw(build_light_vgg())
    # The image, ten convolutions, five pools, three dense layers.
    assert len(boxes) == 19
    assert "2 conv 3×3\n16 filters" in labels and "64 × 64\n× 16" in labels
    assert labels[-1] == "8" and "1,024" in labels


def test_boxes_show_how_maps_shrink_and_multiply():
    inputs = x = keras.Input((64, 64, 3))
    for filters in (16, 64):
        x = keras.layers.Conv2D(filters, 5, padding="same")(x)
        x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Dense(8)(keras.layers.Flatten()(x))
    (_, first, _, second, _, _), labels = draw(keras.Model(inputs, x))
    assert first.get_height() > second.get_height() and first.get_width() < second.get_width()
    assert "1 conv 5×5\n64 filters" in labels


def test_each_stage_shows_what_it_trains_and_how_many_weights_that_are():
    stages = list_stages(PROFILES["smoke"])
    figure = draw_stages(build_vgg16_classifier(), stages)
    (axes,) = figure.axes
    plt.close(figure)
    labels = [text.get_text() for text in axes.texts]
    assert {"frozen", "block 5", "block 4", "4,104", "7,083,528", "12,983,304"} <= set(labels)
    hatched = [patch for patch in axes.patches if patch.get_hatch()]
    # Of five blocks and a dense layer: five, four and three are frozen.
    assert len(hatched) == 5 + 4 + 3
