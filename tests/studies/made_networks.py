"""Networks that are made instead of trained."""

import keras
import numpy as np
import pandas as pd
from evaluation.made_faces import build_tiny

from cnnlab.networks.from_scratch import TrainedNetwork
from cnnlab.settings import SEED


def make_network(folder, model: keras.Model, title: str, seed: int = SEED) -> TrainedNetwork:
    """Pass a model for one that was trained for two epochs and is kept in a folder."""
    folder = folder / f"{title}-{seed}-{16 * 'a'}"
    folder.mkdir(exist_ok=True)
    return TrainedNetwork(
        model=model,
        history=pd.DataFrame({"val_loss": [2.0, 1.0]}, index=[1, 2]),
        folder=folder,
        digest="a" * 64,
        chosen_epoch=2,
        title=title,
        class_shares=np.full(8, 1 / 8),
    )


def build_stripes(sign: float) -> keras.Model:
    """Build the tiny network that answers by the brightest stripe (1), or by the darkest (-1)."""
    model = build_tiny()
    stripes = np.kron(np.eye(8), np.ones((16, 1)))
    model.set_weights([np.ones((1, 1, 3, 16)), np.zeros(16), sign * stripes, np.zeros(8)])
    return model
