"""Figures that others published, for context; their source stands with each."""

import pandas as pd

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
