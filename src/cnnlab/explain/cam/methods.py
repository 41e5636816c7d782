"""All ways of this project to say where the evidence for a class lies, under their names."""

from collections.abc import Callable

import keras
import numpy as np

from cnnlab.explain.cam.class_activation import grad_cam, grad_cam_plus_plus, hires_cam
from cnnlab.explain.cam.perturbation import ablation_cam, occlusion

Method = Callable[[keras.Model, np.ndarray, str, np.ndarray], np.ndarray]
"""Model, images, layer and targets, to (n, h, w) maps in [0, 1]."""

METHODS: dict[str, Method] = {
    "Grad-CAM": grad_cam,
    "Grad-CAM++": grad_cam_plus_plus,
    "HiResCAM": hires_cam,
    "Ablation-CAM": ablation_cam,
    "occlusion": occlusion,
}
