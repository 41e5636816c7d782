"""VGG16 (Simonyan & Zisserman 2015) as a flat Keras model with ImageNet's kernels."""

import keras

from cnnlab.faces.dataset import CLASSES
from cnnlab.networks.vgg16_weights import VGG16_LAYERS, load_vgg16_kernels
from cnnlab.settings import IMAGE_SIZE

# Mean of ImageNet's training pixels, in the order blue, green, red (Keras's "caffe" mode).
IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)


# Its module's name is part of the digests of the trainings that use it.
@keras.saving.register_keras_serializable("cnnlab")
class ImageNetPreprocessing(keras.layers.Layer):
    """Turn RGB in [0, 1] into what VGG16 was trained on: BGR in [0, 255] minus the mean.

    A layer of the model, so that no caller can forget it. Always float32: in bfloat16 a
    pixel would keep 8 bits only after the mean is taken off.
    """

    def __init__(self, **kwargs):
        super().__init__(**(kwargs | {"dtype": "float32"}))

    def call(self, images):
        """Return the preprocessed images, same shape."""
        return 255.0 * images[..., ::-1] - keras.ops.convert_to_tensor(IMAGENET_MEAN_BGR)


def build_vgg16_base() -> keras.Model:
    """Build the convolutional part with ImageNet's kernels: 14,714,688 parameters.

    Returns:
        A flat functional model: (n, 128, 128, 3) RGB in [0, 1] to the feature maps of
        block5_pool (n, 4, 4, 512). Layers are named as Keras names them.

    Raises:
        UserError: the weights are not to be had.
    """
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3), name="image")
    x = ImageNetPreprocessing(name="imagenet_preprocessing")(inputs)
    convolutions = keras.applications.VGG16(include_top=False, weights=None, input_tensor=x)
    set_vgg16_kernels(convolutions)
    return keras.Model(inputs, convolutions.output, name="vgg16_base")


def build_vgg16_classifier() -> keras.Model:
    """Build VGG16 with a classifier of global average pooling and one dense layer.

    Returns:
        A flat functional model: (n, 128, 128, 3) RGB in [0, 1] to float32 logits (n, 8), with
        ImageNet's kernels and an untrained last layer.

    Raises:
        UserError: the weights are not to be had.
    """
    base = build_vgg16_base()
    x = keras.layers.GlobalAveragePooling2D(name="global_average_pool")(base.output)
    x = keras.layers.Dropout(0.5, name="dropout")(x)
    # VGG16's features are large: random weights would start at a loss far above ln 8.
    logits = keras.layers.Dense(
        len(CLASSES), kernel_initializer="zeros", dtype="float32", name="logits"
    )(x)
    return keras.Model(base.input, logits, name="vgg16")


def take_top(network: keras.Model, layer: str) -> keras.Model:
    """Return a copy of what is above a layer of a network, on that layer's output.

    Layers keep their names, so that weights move back by name, their weights and what of them is
    trainable.

    Args:
        network: a flat model.
        layer: the name of one through which all paths lead.
    """
    output = network.get_layer(layer).output
    whole, kind = ("pooled_features", "head") if len(output.shape) == 2 else ("features", "top")
    part = keras.Model(output, network.output, name=f"vgg16_{kind}")
    inputs = keras.Input(output.shape[1:], name=whole)
    top = keras.models.clone_model(part, input_tensors=inputs)
    top.set_weights(part.get_weights())
    return top


def set_vgg16_kernels(model: keras.Model) -> None:
    """Give a model's layers that are named as VGG16's their ImageNet kernels.

    Raises:
        UserError: the weights are not to be had.
    """
    kernels = load_vgg16_kernels()
    for number, layer in enumerate(VGG16_LAYERS):
        model.get_layer(layer).set_weights(kernels[2 * number : 2 * number + 2])


def copy_weights_by_name(source: keras.Model, target: keras.Model) -> None:
    """Copy the weights of every layer of ``source`` to the layer of that name in ``target``.

    Raises:
        ValueError: ``target`` has no layer of that name, or one of another shape.
    """
    for layer in source.layers:
        if layer.weights:
            target.get_layer(layer.name).set_weights(layer.get_weights())
