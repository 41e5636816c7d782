"""The data of a run, made without reading anything, with names that are hard to print."""

import numpy as np

from cnnlab.faces.dataset import FaceDataset
from cnnlab.faces.decoding import Unreadable
from cnnlab.faces.files import ImageFile
from cnnlab.faces.loading import Faces
from cnnlab.faces.splits import Split


def make_faces(tmp_path, rendered=True):
    files = tuple(ImageFile(tmp_path, f"Train/fear/{number}.jpg") for number in range(16))
    dataset = FaceDataset(
        title="made_faces @home | *2*",
        rendered=rendered,
        files=files,
        labels=np.repeat(np.arange(8), 2),
        splits=np.array(["train", "validation"] * 8),
        notes=("Validation is `val`.",),
    )
    thirds = Split(np.arange(0, 8), np.arange(8, 12), np.arange(12, 16))
    lost = (Unreadable("Train/fear/悲_$1$.jpg", "cut off"),)
    return Faces(dataset, np.zeros((16, 4, 4, 3), np.uint8), lost, thirds, "0123456789abcdef" * 4)
