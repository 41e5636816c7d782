"""What the homework's sheet asks, found in the chapters that are printed."""

import re

import pytest

from cnnlab.faces.dataset import CLASSES
from cnnlab.paths import NOTEBOOKS
from cnnlab.report.pages.editions import split_chapter, write_edition

# Of each chapter: what is asked, and by what its answer is known in print.
SHEET = {
    "01_equivariance": {
        "the property": r"\*\*Definition \(Equivariance",
        "its proof": r"\*\*Proposition \(Convolution is equivariant\)[\s\S]*?\*\*Proof",
        "its code": r"def correlate\(",
        "what it is used for": r"## What it is used for",
    },
    "02_deconvolution": {
        "deconvolutional networks": r"## Deconvolutional networks",
        "up-convolutional networks": r"## Up-convolutional networks",
        "unpooling in code": r"def unpool",
        "a decoder in code": r"Conv2DTranspose|UpSampling2D",
        "what each explains": r"## What each can tell",
    },
    "03_gradients": {
        "the number of parameters": r"3,954",
        "the gradient of the convolution": r"W\^C_i",
        "forward in code": r"def forward\(",
        "backward in code": r"def backward\(",
    },
    "04_dilated_convolution": {
        "the receptive field": r"\*\*Proposition \(Receptive field\)",
        "the size of the output": r"\*\*Proposition \(Output size\)",
        "the Kronecker product": r"np\.kron\(",
        "the matrix A": r"\\label\{eq-04-selector\}",
    },
    "05_augmentation": {
        "why augmentation": r"## Why augmentation is needed",
        "which processing suits": r"## Which movements suit",
        "normalisation": r"## Normalisation",
        "samples": r"#fig-05-samples",
        "counts before and after": r"#tbl-05-counts",
    },
    "06_vgg16_transfer": {
        "the network in code": r"GlobalAveragePooling2D",
        "curves of loss and accuracy": r"#fig-06-training",
        "ROC": r"#fig-06-roc",
        "confusion matrix": r"#fig-06-confusion",
    },
    "07_light_vgg": {
        "the network in code": r"def build_light_vgg\(",
        "its recipe": r"learning_rate=",
        "curves of loss and accuracy": r"#fig-07-training",
        "ROC": r"#fig-07-roc",
        "confusion matrix": r"#fig-07-confusion",
        "parameters and performance compared": r"#tbl-07-comparison",
    },
    "08_class_activation_maps": {
        "what CAM is": r"## What a class activation map is",
        "what it offers": r"## What the maps offer",
        "Grad-CAM in code": r"def grad_cam\(",
        "samples": r"#fig-08-samples",
        "the proposal": r"## The proposal",
    },
}


@pytest.mark.parametrize("name", SHEET)
def test_the_chapter_answers_what_is_asked(name, execute):
    notebook = execute(NOTEBOOKS / f"{name}.ipynb")
    body, _ = split_chapter(write_edition(notebook, name, "en"), name)
    missing = [asked for asked, sign in SHEET[name].items() if not re.search(sign, body.markdown)]
    assert not missing


def count_pictures(notebook, label):
    [svg] = [
        output.data["image/svg+xml"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.get("metadata", {}).get("label") == label
    ]
    return svg.count("<image")


def test_three_samples_and_three_augmented_ones_of_each_class(execute):
    notebook = execute(NOTEBOOKS / "05_augmentation.ipynb")
    assert count_pictures(notebook, "fig-05-samples") == 2 * 3 * len(CLASSES)


def test_two_wrong_samples_of_each_class_with_their_maps(execute):
    notebook = execute(NOTEBOOKS / "08_class_activation_maps.ipynb")
    # Image, the map of the answer, that of the true class, and Grad-CAM. In so small a run most
    # classes have no right answer.
    assert count_pictures(notebook, "fig-08-samples") >= 2 * 4 * len(CLASSES)
