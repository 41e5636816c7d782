"""Changes to the light VGG that its class activation maps argue for.

All keep the ten convolutions of the tabled form, and the names of what they give, so that
``conv5_2`` can be explained in every one of them, and all are trained by its recipe. What argues
for which change is in notebook 08.
"""

from functools import partial

import keras
import numpy as np

from cnnlab.faces.loading import Faces
from cnnlab.networks.from_scratch import LIGHT_VGG, LIGHT_VGG_AS_TABLED, Architecture
from cnnlab.networks.light_vgg import (
    BLOCK_FILTERS,
    apply_hidden_layers,
    apply_logits,
    convolve,
    pool_block,
)
from cnnlab.networks.normalisation import FusedBatchNormalization
from cnnlab.networks.training import Stopping
from cnnlab.settings import IMAGE_SIZE, Profile

FRAME = 16
"""Pixels along each side of the image that the framed variant does not see."""

ERASED_SHARES = (0.02, 0.2)
"""Smallest and largest share of the image that is erased in training (Zhong et al. 2020)."""

DROPPED_SHARE = 0.5
"""Of the values before the logits, while training."""

MOST_STEPS = 2000
"""Of one training. On many images the profile's epochs would take hours for all variants."""

LAST_BLOCK = len(BLOCK_FILTERS)
AVERAGES, PLACES, HIDDEN = "averages", "places", "hidden layers"
"""What the logits are computed from: the averages of the last maps, or their places, at once or
through the two hidden layers of the tabled form."""


# The name of these classes' module is part of the digests of the trainings that use them.
@keras.saving.register_keras_serializable("cnnlab")
class Frame(keras.layers.Layer):
    """Paints a frame around each image in middle grey: 0.5 of [0, 1].

    Args:
        width: of the frame in pixels.
        **kwargs: those of every Keras layer.
    """

    def __init__(self, width: int, **kwargs):
        super().__init__(**kwargs)
        self.width = width

    def build(self, input_shape):
        """Prepare the (1, h, w, 1) window that is left."""
        window = np.zeros((1, *input_shape[1:3], 1), np.float32)
        window[:, self.width : -self.width, self.width : -self.width] = 1
        self.window = window

    def call(self, images):
        """Return the framed (n, h, w, c) images."""
        return (images - 0.5) * keras.ops.cast(self.window, images.dtype) + 0.5

    def get_config(self):
        """Return what makes the layer again."""
        return super().get_config() | {"width": self.width}


@keras.saving.register_keras_serializable("cnnlab")
class MirrorDifference(keras.layers.Layer):
    """Adds to maps how far they differ from their own mirror image: |A - mirrored A|."""

    def call(self, maps):
        """Return (n, h, w, 2 k): the (n, h, w, k) maps, and their differences."""
        differences = keras.ops.abs(maps - keras.ops.flip(maps, axis=2))
        return keras.ops.concatenate([maps, differences], axis=-1)


def build_changed(
    name: str,
    head: str = AVERAGES,
    is_fine: bool = False,
    is_framed: bool = False,
    is_erased: bool = False,
    is_normalised: bool = False,
    is_mirrored: bool = False,
    is_dropped: bool = False,
) -> keras.Model:
    """Build the light VGG with changes.

    Args:
        name: of the model.
        head: what the logits are computed from. Of ``AVERAGES`` class activation maps decompose
            the logits, of ``PLACES`` HiResCAM at ``pool5`` does.
        is_fine: whether the last maps have 16x16 cells instead of 8x8. The fourth pool is left out
            and block 5 dilated by 2 instead, so that its kernels span as many pixels as before
            (Yu & Koltun 2016).
        is_framed: whether it is blind for a frame of 16 pixels around the image.
        is_erased: whether half of its training images have an erased rectangle.
        is_normalised: whether batch normalisation stands in place of the convolutions' biases, as
            the authors have it, but without their noise and dropout.
        is_mirrored: whether the maps' mirror differences stand beside the maps. The only
            expression that is one-sided is contempt.
        is_dropped: whether half of the last values are dropped in training, as the authors do
            behind their dense layers (Srivastava et al. 2014).

    Returns:
        A flat functional model: (n, 128, 128, 3) RGB in [0, 1] to (n, 8) float32 logits.
    """
    inputs = x = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3), name="image")
    if is_framed:
        x = Frame(FRAME, name="frame")(x)
    if is_erased:
        # In float32: bfloat16 does not know all columns of an image apart.
        x = keras.layers.RandomErasing(
            factor=(0.5, 0.5),
            scale=ERASED_SHARES,
            fill_value=0.5,
            value_range=(0, 1),
            dtype="float32",
            name="erase",
        )(x)
    apply_convolution = _convolve_normalised if is_normalised else convolve
    for block, filters in enumerate(BLOCK_FILTERS, 1):
        dilation = 2 if is_fine and block == LAST_BLOCK else 1
        for index in (1, 2):
            x = apply_convolution(x, filters, f"conv{block}_{index}", dilation)
        if block < LAST_BLOCK - is_fine:
            x = pool_block(x, block)
    if is_mirrored:
        x = MirrorDifference(name="mirror_difference")(x)
    if head == AVERAGES:
        x = keras.layers.GlobalAveragePooling2D(name="global_average_pool")(x)
    else:
        x = keras.layers.Flatten(name="flatten")(pool_block(x, LAST_BLOCK))
    if head == HIDDEN:
        x = apply_hidden_layers(x)
    if is_dropped:
        x = keras.layers.Dropout(DROPPED_SHARE, name="dropout")(x)
    return keras.Model(inputs, apply_logits(x), name=name)


def _convolve_normalised(
    x: keras.KerasTensor, filters: int, name: str, dilation: int
) -> keras.KerasTensor:
    """As ``convolve``, with batch normalisation; ``name`` is again what the ReLU gives."""
    x = convolve(x, filters, f"{name}_linear", dilation, activation=None, use_bias=False)
    x = FusedBatchNormalization(name=f"{name}_bn")(x)
    return keras.layers.ReLU(name=name)(x)


CHANGES = {
    "pooled": {},
    "placed": {"head": PLACES},
    "fine": {"is_fine": True},
    "one-sided": {"is_mirrored": True},
    "framed": {"head": HIDDEN, "is_framed": True},
    "erased": {"head": HIDDEN, "is_erased": True},
    "normalised": {"is_normalised": True},
    "together": {"is_normalised": True, "is_mirrored": True, "is_erased": True},
    "placed normalised": {"head": PLACES, "is_normalised": True},
    "placed normalised dropout": {"head": PLACES, "is_normalised": True, "is_dropped": True},
}
"""What is changed in each network, in the order in which notebook 08 argues for them."""

ORIGINAL = LIGHT_VGG_AS_TABLED
CHANGED = tuple(
    Architecture(
        title,
        f"light-vgg-{title.replace(' ', '-')}",
        partial(build_changed, title.replace(" ", "_").replace("-", "_"), **changes),
        LIGHT_VGG,
    )
    for title, changes in CHANGES.items()
)


def choose_budget(faces: Faces, profile: Profile) -> Stopping:
    """Return the profile's rule for the light VGG, with no more than ``MOST_STEPS`` steps.

    Args:
        faces: the data.
        profile: how long the light VGG is trained.
    """
    affordable = max(1, MOST_STEPS // LIGHT_VGG.count_steps(len(faces.split.training)))
    return Stopping(min(profile.light_vgg_epochs, affordable), profile.patience)
