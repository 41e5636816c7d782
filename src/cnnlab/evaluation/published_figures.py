"""Figures that others published, for context; their source stands with each."""

import pandas as pd

HEWITT_GUNES_NETWORKS = pd.DataFrame(
    {
        "parameters": ["3,464,952", "3,753,016", "3,237,064"],
        "accuracy": ["0.56", "0.58", "0.56"],
        "macro-F1": ["0.56", "0.58", "0.56"],
        "Cohen's kappa": ["0.50", "0.52", "0.50"],
        "macro AUC-PR": ["0.61", "0.62", "0.60"],
        "macro AUC": ["0.90", "0.90", "0.89"],
        "valence RMSE": ["0.41", "0.41", "0.42"],
        "arousal RMSE": ["0.39", "0.37", "0.38"],
        "valence correlation": ["0.59", "0.62", "0.59"],
        "arousal correlation": ["0.53", "0.56", "0.53"],
        "valence concordance": ["0.54", "0.57", "0.55"],
        "arousal concordance": ["0.43", "0.48", "0.47"],
    },
    index=pd.Index(["AlexNet variant", "VGG variant", "MobileNet variant"], name="network"),
)
"""The three networks of Hewitt & Gunes (2018), Table 4, on the same images.

Classes on 4,000 images of AffectNet, 500 of each class, so that means over images and over
classes agree; valence and arousal on 4,500.
"""
