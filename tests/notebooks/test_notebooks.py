import ast
import re
import warnings

import nbformat
import pytest

from cnnlab.paths import NOTEBOOKS
from cnnlab.report.text.prose import find_references, match_captions

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
SHOWS_NETWORKS = NAMES[5:]


def read(path):
    return nbformat.read(path, as_version=4)


def cells_of(notebook, kind):
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def is_hidden(cell):
    return "hide-input" in cell.metadata.get("tags", ())


def prose_lines(source):
    """The lines of a code cell that hold strings with more than four spaces and forty letters."""
    lines = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = list(ast.walk(ast.parse(source)))
    for node in nodes:
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        ):
            text = ast.get_source_segment(source, node) or ""
            if len(text) > 40 and text.count(" ") > 4:
                lines |= set(range(node.lineno, node.end_lineno + 1))
    return lines


def test_every_question_has_its_notebook():
    assert [path.stem for path in PATHS] == NAMES


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_notebook_is_committed_clean_and_in_english(path):
    notebook = read(path)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None, cell.id
        assert "user_expressions" not in cell.metadata, cell.id
        assert not re.search("[\u0600-\u06ff]", cell.source), cell.id
        assert "sys.path" not in cell.source


def test_code_cells_compute_and_show_their_code():
    cells = [cell for path in PATHS for cell in cells_of(read(path), "code")]
    lines = sum(len(cell.source.splitlines()) for cell in cells)
    prose = sum(len(prose_lines(cell.source)) for cell in cells)
    assert prose < 0.05 * lines
    assert sum(map(is_hidden, cells)) <= len(cells) / 3


@pytest.mark.parametrize("name", SHOWS_NETWORKS)
def test_the_practical_chapters_print_code(name):
    cells = cells_of(read(NOTEBOOKS / f"{name}.ipynb"), "code")
    in_body = [cell for cell in cells if "appendix" not in cell.metadata.get("tags", ())]
    printed = [cell for cell in in_body if not is_hidden(cell)]
    assert sum(len(cell.source.splitlines()) for cell in printed) >= 30


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_notebook_names_its_question_and_answers_it_in_a_box(path):
    text = "\n".join(cell.source for cell in cells_of(read(path), "markdown"))
    number = re.match(r"# Question (\d(?:\.\d)?): ", text)[1]
    assert f"> **Question {number}.**" in text
    answer = re.search(rf"^> \*\*Answer to question {number}\.\*\*.*?(?=^[^>])", text, re.M | re.S)
    assert text.index("> **Question") < answer.start()
    assert len(re.findall(r"[.?](?= |$)", answer[0].replace("\n>", " "))) <= 12


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_notebook_runs_and_refers_to_all_it_shows(path, execute):
    notebook = execute(path)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in outputs if output.output_type == "error"]
    shown = [output.metadata.label for output, _ in match_captions(notebook, path.stem)]
    assert any(label.startswith("fig-") for label in shown)
    assert all(re.match(rf"(?:fig|tbl)-{path.stem[:2]}-", label) for label in shown)
    text = cells_of(notebook, "markdown")
    referred = {label for cell in text for label in find_references(cell.source, path.stem)}
    assert not set(shown) - referred, "shown, but not referred to in the text"
