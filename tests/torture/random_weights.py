"""Do the text's claims say anything? The notebooks on networks that have learned nothing.

``PYTHONPATH=tests python -m torture.random_weights`` executes the notebooks that speak of trained
networks with the weights as they are drawn, and counts the claims that still hold. Claims that
rest on records are no claims about these networks, and are not counted. What is trained is random
then; VGG16 as it comes keeps ImageNet's kernels, and what is said of them keeps its truth.
"""

import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from cnnlab.paths import NOTEBOOKS
from cnnlab.report.execution import TextClient
from plumbing.user_errors import UserError, run_command

SPEAK_OF_NETWORKS = ("02", "06", "07", "08")
MOST_HOLDING = 0.1

# Before any import of the notebook: every training returns what it would begin with.
UNTRAINED = """
import tempfile
from pathlib import Path
import numpy as np
import pandas as pd
from cnnlab.evaluation import metrics
from cnnlab.networks import training

def train_nothing(asked):
    training.make_reproducible(asked.seed)
    losses = ["loss", "val_loss", "accuracy", "val_accuracy", "seconds"]
    epochs = pd.RangeIndex(1, asked.stopping.epochs + 1, name="epoch")
    history = pd.DataFrame({key: np.full(len(epochs), np.log(8)) for key in losses}, epochs)
    history[["accuracy", "val_accuracy"]] = 1 / 8
    digest = training.digest_of({"untrained": asked.name})
    return training.TrainingResult(asked.build(), history, Path(tempfile.mkdtemp()), digest, 1)

training.train = train_nothing
metrics.assert_learned = lambda predictions: None
"""


def find_claims(notebook: NotebookNode) -> dict[str, bool]:
    """Return which claims of an executed notebook hold, by cell and expression."""
    return {
        f"{cell.id}: {found['expression']}": found["result"]["metadata"]["holds"]
        for cell in notebook.cells
        for found in cell.metadata.get("user_expressions", ())
        if "holds" in found["result"]["metadata"]
    }


def execute_untrained(path: Path) -> dict[str, bool]:
    """Execute a notebook on networks that have learned nothing, and return its claims."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, new_code_cell(UNTRAINED))
    with tempfile.TemporaryDirectory() as folder:
        options = {"timeout": None, "resources": {"metadata": {"path": folder}}}
        TextClient(notebook, kernel_name="python3", **options).execute()
    return find_claims(notebook)


def count_empty_claims() -> None:
    """Print the claims that hold without anything learned.

    Raises:
        UserError: they are more than a tenth.
    """
    holding, total = [], 0
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if not path.stem.startswith(SPEAK_OF_NETWORKS):
            continue
        claims = execute_untrained(path)
        of_networks = {name: holds for name, holds in claims.items() if not is_of_records(name)}
        total += len(of_networks)
        empty = [name for name, holds in of_networks.items() if holds]
        print(f"{path.stem}: {len(claims)} claims, {len(of_networks)} about its networks; of these")
        print("\n".join([f"{len(empty)} hold though nothing was learned", *empty]), flush=True)
        holding += empty
    print(f"{len(holding)} of {total} hold.")
    if len(holding) > MOST_HOLDING * total:
        raise UserError(f"More than {MOST_HOLDING:.0%} of the claims say nothing.")


def is_of_records(claim: str) -> bool:
    """Say whether a claim names a record, as ``recorded_...`` or ``..._record``."""
    return re.search(r"\brecord|_record|recorded", claim) is not None


if __name__ == "__main__":
    sys.exit(run_command(count_empty_claims))
