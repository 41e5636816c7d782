"""What another processor would change: ``python -m cnnlab.studies.processors``.

The same seed gives the same bytes on one machine. Another processor may have other instructions:
oneDNN, which computes TensorFlow's convolutions, then adds in another order, and without
bfloat16 arithmetic training is in float32. Here the light VGG is trained as such processors
would, and judged on the same images. Writes ``report/studies/processors-<profile>.csv``.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from cnnlab.faces.loading import load_faces
from cnnlab.networks.from_scratch import train_light_vgg
from cnnlab.networks.inference import predict_validation
from cnnlab.networks.precision import CAP, detect_policy
from cnnlab.settings import SEED, current_profile
from cnnlab.studies.records import describe_machine, write_study
from plumbing.commands import UserError, run_command

# What this processor has, and two generations of processors before it; see oneDNN's manual,
# "CPU dispatcher control".
CAPS = (None, "AVX512_CORE", "AVX2")


@dataclass(frozen=True)
class Outcome:
    """What training under some instructions led to.

    Attributes:
        instructions: the most that oneDNN may use.
        policy: Keras dtype policy of the training.
        accuracy: on Validation/, in [0, 1].
        answers: the class that each image of Validation/ was taken for.
        data_digest: of the faces.
    """

    instructions: str
    policy: str
    accuracy: float
    answers: list[int]
    data_digest: str


def measure_here() -> Outcome:
    """Train and judge the light VGG under this process's instructions."""
    faces = load_faces()
    predictions = predict_validation(train_light_vgg(faces), faces)
    answers = predictions.logits.argmax(axis=1)
    return Outcome(
        instructions=os.environ.get(CAP, "all"),
        policy=detect_policy(),
        accuracy=float((answers == predictions.labels).mean()),
        answers=answers.tolist(),
        data_digest=faces.digest,
    )


def measure_under(cap: str | None) -> Outcome:
    """Measure in a process of its own: oneDNN chooses its instructions when it is loaded.

    Raises:
        UserError: the process failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "outcome.json"
        environment = os.environ | ({CAP: cap} if cap else {})
        command = [sys.executable, "-m", __spec__.name, str(result)]
        if subprocess.run(command, env=environment, check=False).returncode:
            raise UserError(f"The light VGG could not be trained with {CAP}={cap}: see above.")
        return Outcome(**json.loads(result.read_bytes()))


def tabulate_outcomes(outcomes: list[Outcome]) -> pd.DataFrame:
    """Return a row for each outcome, compared with the first.

    Columns: instructions, policy, accuracy, difference (of accuracy from the first),
    other_answers (share of images that are taken for another class), n, data_digest.
    """
    first = outcomes[0]
    rows = []
    for outcome in outcomes:
        pairs = list(zip(outcome.answers, first.answers, strict=True))
        rows.append(
            {
                "instructions": outcome.instructions,
                "policy": outcome.policy,
                "accuracy": outcome.accuracy,
                "difference": outcome.accuracy - first.accuracy,
                "other_answers": sum(one != other for one, other in pairs) / len(pairs),
                "n": len(pairs),
                "data_digest": outcome.data_digest[:16],
            }
        )
    return pd.DataFrame(rows)


def record_processors() -> None:
    """Measure under all ``CAPS`` and write the study; with a file's name, measure here only."""
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(asdict(measure_here())))
        return
    profile = current_profile().name
    table = tabulate_outcomes([measure_under(cap) for cap in CAPS])
    table = table.assign(profile=profile, seed=SEED, **describe_machine())
    write_study(table, f"processors-{profile}")


if __name__ == "__main__":
    sys.exit(run_command(record_processors))
