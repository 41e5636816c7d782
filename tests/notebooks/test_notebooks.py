import nbformat
import pytest

from cnnlab.paths import NOTEBOOKS

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
NAMES = [
    "01_equivariance",
    "02_deconvolution",
    "03_gradients",
    "04_dilated_convolution",
    "05_augmentation",
    "06_vgg16_transfer",
    "07_light_vgg",
    "08_class_activation_maps",
]


def outputs_of(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def test_every_question_has_its_notebook():
    assert [path.stem for path in PATHS] == NAMES


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_notebook_is_committed_clean(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert outputs_of(notebook) == []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert {"en", "fa"} & set(cell.metadata.get("tags", [])), cell.source[:60]
        else:
            assert len(cell.source.splitlines()) <= 40, cell.source[:60]
            assert "sys.path" not in cell.source


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_notebook_runs_and_shows_described_figures(path, execute):
    notebook = execute(path)
    outputs = outputs_of(notebook)
    assert not [output for output in outputs if output.output_type == "error"]
    labels = [output.metadata.get("label") for output in outputs if "metadata" in output]
    figures = [label for label in labels if label and label.startswith("fig-")]
    assert figures and all(label.startswith(f"fig-{path.stem[:2]}-") for label in figures)
    text = "\n".join(cell.source for cell in notebook.cells) + "\n".join(
        str(output.get("data", "")) for output in outputs
    )
    unmentioned = [label for label in labels if label and f"@{label}" not in text]
    assert not unmentioned, "shown, but not referred to in the text"
