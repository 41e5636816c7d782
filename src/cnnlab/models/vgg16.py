"""VGG16 (Simonyan & Zisserman 2015) as a flat Keras model with ImageNet's kernels."""

import keras

from cnnlab.models.vgg16_weights import VGG16_LAYERS, load_vgg16_kernels
from cnnlab.settings import IMAGE_SIZE

# Mean of ImageNet's training pixels, in the order blue, green, red (Keras's "caffe" mode).
IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)
FROZEN_BLOCKS = (1, 2, 3, 4)
"""The blocks that stay fixed while block 5 is fine-tuned."""
FEATURE_SHAPE = (IMAGE_SIZE // 16, IMAGE_SIZE // 16, 512)
"""The shape of block4_pool's feature maps."""


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


def build_vgg16_base(dtype: str = "float32") -> keras.Model:
    """Build the convolutional part with ImageNet's kernels: 14,714,688 parameters.

    Args:
        dtype: Keras dtype policy of the convolutions.

    Returns:
        A flat functional model: (n, 128, 128, 3) RGB in [0, 1] to the feature maps of
        block5_pool (n, 4, 4, 512). Layers are named as Keras names them.

    Raises:
        WeightsError: the weights are not to be had.
    """
    inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3), name="image")
    x = ImageNetPreprocessing(name="imagenet_preprocessing")(inputs)
    for block in (*FROZEN_BLOCKS, 5):
        x = _apply_block(x, block, dtype)
    model = keras.Model(inputs, x, name="vgg16_base")
    set_vgg16_kernels(model)
    return model


def build_vgg16_classifier(num_classes: int = 8, dtype: str = "float32") -> keras.Model:
    """Build VGG16 with a classifier of global average pooling and one dense layer.

    Args:
        num_classes: outputs of the last layer.
        dtype: Keras dtype policy of all layers but the last.

    Returns:
        A flat functional model: (n, 128, 128, 3) RGB in [0, 1] to float32 logits
        (n, num_classes), with ImageNet's kernels and an untrained last layer.

    Raises:
        WeightsError: the weights are not to be had.
    """
    base = build_vgg16_base(dtype)
    return keras.Model(base.input, _classify(base.output, num_classes, dtype), name="vgg16")


def build_vgg16_top(
    num_classes: int = 8, dtype: str = "float32", first_block: int = 5
) -> keras.Model:
    """Build what is fine-tuned: the last blocks and the classifier, on features of the block below.

    Args:
        num_classes: outputs of the last layer.
        dtype: Keras dtype policy of all layers but the last.
        first_block: 5, on block4_pool (n, 8, 8, 512), or 4, on block3_pool (n, 16, 16, 256).

    Returns:
        A flat functional model to (n, num_classes) float32 logits; the names are those of
        ``build_vgg16_classifier``, so that weights move by name.

    Raises:
        WeightsError: the weights are not to be had.
    """
    side = IMAGE_SIZE // 2 ** (first_block - 1)
    inputs = x = keras.Input((side, side, _count_filters(first_block - 1)), name="features")
    for block in range(first_block, 6):
        x = _apply_block(x, block, dtype)
    model = keras.Model(inputs, _classify(x, num_classes, dtype), name="vgg16_top")
    set_vgg16_kernels(model)
    return model


def build_vgg16_head(num_classes: int = 8) -> keras.Model:
    """Build what is trained on frozen features: the dropout and the last dense layer.

    Returns:
        (n, 512) averaged features of block5_pool to (n, num_classes) float32 logits.
    """
    inputs = keras.Input((512,), name="pooled_features")
    x = keras.layers.Dropout(0.5, name="dropout")(inputs)
    return keras.Model(inputs, _apply_logits(x, num_classes), name="vgg16_head")


def set_vgg16_kernels(model: keras.Model) -> None:
    """Give those layers of a model that are named as VGG16's its ImageNet kernels.

    Raises:
        WeightsError: the weights are not to be had.
    """
    kernels = load_vgg16_kernels()
    for layer in model.layers:
        if layer.name in VGG16_LAYERS:
            layer.set_weights(kernels[layer.name])


def copy_weights_by_name(source: keras.Model, target: keras.Model) -> None:
    """Copy the weights of every layer of ``source`` to the layer of that name in ``target``.

    Raises:
        ValueError: ``target`` has no layer of that name, or one of another shape.
    """
    for layer in source.layers:
        if layer.weights:
            target.get_layer(layer.name).set_weights(layer.get_weights())


def _count_filters(block: int) -> int:
    return min(64 * 2 ** (block - 1), 512)


def _apply_block(x: keras.KerasTensor, block: int, dtype: str) -> keras.KerasTensor:
    filters = _count_filters(block)
    for name in (layer for layer in VGG16_LAYERS if layer.startswith(f"block{block}_")):
        x = keras.layers.Conv2D(
            filters, 3, padding="same", activation="relu", dtype=dtype, name=name
        )(x)
    return keras.layers.MaxPooling2D(2, dtype=dtype, name=f"block{block}_pool")(x)


def _classify(x: keras.KerasTensor, num_classes: int, dtype: str) -> keras.KerasTensor:
    x = keras.layers.GlobalAveragePooling2D(dtype=dtype, name="global_average_pool")(x)
    x = keras.layers.Dropout(0.5, dtype=dtype, name="dropout")(x)
    return _apply_logits(x, num_classes)


def _apply_logits(x: keras.KerasTensor, num_classes: int) -> keras.KerasTensor:
    # VGG16's features are large: random weights would start at a loss far above ln 8.
    return keras.layers.Dense(
        num_classes, kernel_initializer="zeros", dtype="float32", name="logits"
    )(x)
