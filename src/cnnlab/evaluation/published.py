"""Figures that others published, for context; their source stands with each."""

import numpy as np
import pandas as pd

HEWITT_GUNES_CONFUSION = np.array(
    [
        [247, 7, 52, 60, 11, 22, 34, 67],
        [20, 358, 6, 26, 4, 15, 4, 67],
        [63, 9, 279, 22, 38, 41, 37, 11],
        [33, 22, 15, 298, 97, 20, 7, 8],
        [21, 6, 32, 72, 320, 32, 12, 5],
        [29, 9, 36, 24, 31, 316, 42, 13],
        [71, 4, 39, 22, 29, 98, 216, 21],
        [71, 56, 12, 21, 3, 33, 26, 278],
    ]
)
"""Confusion matrix of the VGG variant of Hewitt & Gunes (2018), arXiv 1807.08775, on AffectNet's
4,000 validation images; rows: true class, columns: answer, in the order of ``CLASSES``."""

HEWITT_GUNES_NETWORKS = pd.DataFrame(
    {
        "parameters": ["3,464,952", "3,753,016", "3,237,064"],
        "accuracy": ["0.56", "0.58", "0.56"],
        "F1": ["0.56", "0.58", "0.56"],
        "Cohen's kappa": ["0.50", "0.52", "0.50"],
        "AUC": ["0.90", "0.90", "0.89"],
    },
    index=pd.Index(["AlexNet variant", "VGG variant", "MobileNet variant"], name="network"),
)
"""The three networks of Hewitt & Gunes (2018), Table 4, on the same images."""
