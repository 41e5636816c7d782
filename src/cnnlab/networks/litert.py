"""Networks as phones run them: LiteRT files, and their answers on this computer."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

FLOAT32 = "float32"
FLOAT16 = "float16"
INT8 = "int8"
PRECISIONS = (FLOAT32, FLOAT16, INT8)


def convert_to_litert(model: keras.Model, precision: str, calibration: np.ndarray) -> bytes:
    """Convert a network to a LiteRT file for one image at a time.

    ``float16`` keeps the weights in half precision. ``int8`` keeps weights and activations in
    8 bits, with scales from what the calibration images make of every layer (Jacob et al. 2018,
    arXiv 1712.05877); input and output stay float32, and are converted inside.

    Args:
        model: a flat functional model of one image input and one output.
        precision: one of ``PRECISIONS``.
        calibration: (m, h, w, 3) float32 in [0, 1], m > 0; only ``int8`` looks at them.

    Returns:
        The file's content.

    Raises:
        ValueError: the precision is not known, or there is no calibration image.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"Precision {precision} is none of {', '.join(PRECISIONS)}.")
    if len(calibration) == 0:
        raise ValueError("Without an image to calibrate by, int8 has no scales. Give some.")
    signature = [tf.TensorSpec((1, *model.input.shape[1:]), tf.float32)]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "network.tflite"
        model.export(
            file,
            format="litert",
            verbose=False,
            input_signature=signature,
            **_options(precision, calibration),
        )
        return file.read_bytes()


@dataclass(frozen=True)
class LiteRTNetwork:
    """A LiteRT file that is loaded.

    Attributes:
        interpreter: holds the network.
        input_index: of the image's tensor.
        output_index: of the answer's.
    """

    interpreter: Interpreter
    input_index: int
    output_index: int

    @classmethod
    def load(cls, content: bytes, threads: int) -> "LiteRTNetwork":
        """Load a file's content, to be run by a number of threads."""
        interpreter = Interpreter(model_content=content, num_threads=threads)
        interpreter.allocate_tensors()
        (image,) = interpreter.get_input_details()
        (answer,) = interpreter.get_output_details()
        return cls(interpreter, image["index"], answer["index"])

    def prepare(self, image: np.ndarray) -> Callable[[], np.ndarray]:
        """Put an image (h, w, 3), float32 in [0, 1], in; return what computes the answer."""
        self.interpreter.set_tensor(self.input_index, image[None])

        def answer() -> np.ndarray:
            self.interpreter.invoke()
            return self.interpreter.get_tensor(self.output_index)[0]

        return answer

    def predict(self, image: np.ndarray) -> np.ndarray:
        """Return the answer (outputs,) for an image (h, w, 3), float32 in [0, 1]."""
        return self.prepare(image)()


def _options(precision: str, calibration: np.ndarray) -> dict:
    if precision == FLOAT32:
        return {}
    smaller = {"optimizations": [tf.lite.Optimize.DEFAULT]}
    if precision == FLOAT16:
        return smaller | {"target_spec": {"supported_types": [tf.float16]}}
    # Only operations in 8 bits: what has none is an error, and not left in float32.
    integer = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]}
    return smaller | {
        "representative_dataset": lambda: ([image[None]] for image in calibration),
        "target_spec": integer,
    }
