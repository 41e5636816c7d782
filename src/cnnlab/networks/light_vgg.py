"""The light VGG of Hewitt & Gunes (2018), arXiv 1807.08775, Table 2, in both its forms."""

from collections.abc import Sequence

import keras

from cnnlab.faces.dataset import CLASSES
from cnnlab.networks.normalisation import FusedBatchNormalization
from cnnlab.settings import IMAGE_SIZE

BLOCK_FILTERS = (16, 32, 64, 128, 128)
DENSE_UNITS = 1024
RECTIFIED = {"activation": "relu", "kernel_initializer": "he_normal"}


def build_light_vgg() -> keras.Model:
    """Build the light VGG as the paper's table gives it: 3,744,664 parameters for 8 classes.

    Two 3x3 convolutions and a 2x2 max-pool at 16, 32, 64, 128 and 128 filters, two dense
    layers of 1024, one dense output. He initialisation, which a ReLU network of this depth
    without batch normalisation needs in order to start learning (He et al. 2015).

    Returns:
        A flat functional model: (n, 128, 128, 3) RGB in [0, 1] to (n, 8) float32 logits.
    """
    inputs = x = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3), name="image")
    for block, filters in enumerate(BLOCK_FILTERS, 1):
        for index in (1, 2):
            x = convolve(x, filters, f"conv{block}_{index}")
        x = pool_block(x, block)
    x = keras.layers.Flatten(name="flatten")(x)
    return keras.Model(inputs, apply_logits(apply_hidden_layers(x)), name="light_vgg")


def convolve(
    x: keras.KerasTensor, filters: int, name: str, dilation: int = 1, **changes: object
) -> keras.KerasTensor:
    """Apply a 3x3 convolution of the tabled form.

    Args:
        x: (n, h, w, k) maps or images.
        filters: how many.
        name: of the layer.
        dilation: distance between the taps of the kernel.
        changes: other options of Keras's layer.
    """
    options = {"padding": "same", "dilation_rate": dilation, "name": name} | RECTIFIED | changes
    return keras.layers.Conv2D(filters, 3, **options)(x)


def pool_block(x: keras.KerasTensor, block: int) -> keras.KerasTensor:
    """Halve height and width of a block's maps, as every block of the tabled form ends."""
    return keras.layers.MaxPooling2D(2, name=f"pool{block}")(x)


def apply_hidden_layers(x: keras.KerasTensor) -> keras.KerasTensor:
    """Apply the two dense layers of 1024."""
    for index in (1, 2):
        x = keras.layers.Dense(DENSE_UNITS, name=f"fc{index}", **RECTIFIED)(x)
    return x


def apply_logits(x: keras.KerasTensor) -> keras.KerasTensor:
    """Apply the dense output, always in float32."""
    return keras.layers.Dense(len(CLASSES), dtype="float32", name="logits")(x)


def build_light_vgg_with_batch_normalisation() -> keras.Model:
    """Build the authors' own version: 3,753,016 parameters, 3,747,448 of them trainable.

    As ``build_light_vgg``, in the authors' form: see ``build_authors_form``.
    """
    kernels = ((3, 3),) * len(BLOCK_FILTERS)
    return build_authors_form(kernels, "light_vgg_with_batch_normalisation")


def build_authors_form(kernel_sizes: Sequence[Sequence[int]], name: str) -> keras.Model:
    """Build a plain network as the authors of the light VGG do.

    Five blocks of convolutions and a 2x2 max-pool at 16, 32, 64, 128 and 128 filters, two dense
    layers of 1024, one dense output; batch normalisation in place of every bias but the last,
    Gaussian dropout 0.2 after each pool and dropout 0.5 after each dense layer.

    Args:
        kernel_sizes: of each block's convolutions.
        name: of the model.

    Returns:
        A flat functional model: (n, 128, 128, 3) RGB in [0, 1] to (n, 8) float32 logits.
    """

    def normalise_and_rectify(x: keras.KerasTensor, layer: str) -> keras.KerasTensor:
        x = FusedBatchNormalization(name=f"{layer}_bn")(x)
        return keras.layers.ReLU(name=f"{layer}_relu")(x)

    inputs = x = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3), name="image")
    for block, (filters, sizes) in enumerate(zip(BLOCK_FILTERS, kernel_sizes, strict=True), 1):
        for index, size in enumerate(sizes, 1):
            layer = f"conv{block}_{index}"
            x = keras.layers.Conv2D(filters, size, padding="same", use_bias=False, name=layer)(x)
            x = normalise_and_rectify(x, layer)
        x = keras.layers.GaussianDropout(0.2, name=f"noise{block}")(pool_block(x, block))
    x = keras.layers.Flatten(name="flatten")(x)
    for index in (1, 2):
        layer = f"fc{index}"
        x = keras.layers.Dense(DENSE_UNITS, use_bias=False, name=layer)(x)
        x = normalise_and_rectify(x, layer)
        x = keras.layers.Dropout(0.5, name=f"{layer}_dropout")(x)
    return keras.Model(inputs, apply_logits(x), name=name)
