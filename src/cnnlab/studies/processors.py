"""What would another processor change?

The same seed gives the same bytes on one machine. Another processor may have other instructions:
oneDNN, which computes TensorFlow's convolutions, then adds in another order, and without
bfloat16 arithmetic training is in float32. Here the light VGG is trained as such processors
would, and judged on the same images.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from cnnlab.faces.loading import load_faces
from cnnlab.networks.devices import CAP, detect_policy
from cnnlab.networks.from_scratch import train_light_vgg
from cnnlab.networks.predictions import predict_validation
from cnnlab.studies.study import Run, Study
from plumbing.user_errors import UserError

ALL = "all"
CAPS = (ALL, "AVX512_CORE", "AVX2")
"""This processor, and two generations before it; see oneDNN's manual, CPU dispatcher control."""

_ANSWER = "import sys; from cnnlab.studies.processors import answer; answer(sys.argv[1])"


def answer(file: str) -> None:
    """Train the light VGG under this process's instructions, and write its answers to a file."""
    faces = load_faces()
    predictions = predict_validation(train_light_vgg(faces), faces)
    answers = predictions.logits.argmax(axis=1).tolist()
    Path(file).write_text(json.dumps({"policy": detect_policy(), "answers": answers}))


def answer_under(cap: str) -> dict:
    """Return policy and answers of a process of its own: oneDNN looks at the cap when it starts.

    Args:
        cap: one of ``CAPS``.

    Raises:
        UserError: the process failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answers.json"
        environment = os.environ | ({} if cap == ALL else {CAP: cap})
        command = [sys.executable, "-c", _ANSWER, str(file)]
        if subprocess.run(command, env=environment, check=False).returncode:
            raise UserError(f"The light VGG could not be trained with {CAP}={cap}: see above.")
        return json.loads(file.read_bytes())


def measure_instructions(run: Run, instructions: str) -> pd.DataFrame:
    """Compare the answers under some instructions with those under all.

    Columns: policy, accuracy, difference (of the accuracy), other_answers (share of the images
    that are taken for another class), n.
    """
    usual, other = (answer_under(cap) for cap in (ALL, instructions))
    labels = run.faces.labels[run.faces.split.validation]
    right = [np.mean(labels == each["answers"]) for each in (usual, other)]
    row = {
        "policy": other["policy"],
        "accuracy": right[1],
        "difference": right[1] - right[0],
        "other_answers": np.mean(np.array(usual["answers"]) != other["answers"]),
        "n": len(labels),
    }
    return pd.DataFrame([row])


STUDY = Study(
    "processors",
    __doc__.partition("\n")[0],
    lambda run: [{"instructions": cap} for cap in CAPS],
    measure_instructions,
)
