"""How networks are trained: learning rate, batches, augmentation, weights of the classes."""

from dataclasses import asdict, dataclass

import keras
import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.dataset import CLASSES
from cnnlab.faces.loading import Faces
from cnnlab.networks.devices import describe_cap
from cnnlab.networks.training import Stopping


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        learning_rate: Adam's, after a linear warm-up over the first epoch; from there it falls
            along half a cosine (Loshchilov & Hutter 2017).
        batch_size: images a step.
        augmentation: what is done to training images.
        weight_decay: decoupled from the gradient, as in AdamW; None: none.
        class_weight_power: a class counts in the loss by this power of what would make all
            classes equal: 0 leaves every image the same weight, 1 makes the classes equal.
        last_rate: part of the learning rate that is left when the cosine ends; 1 keeps the rate
            constant after the warm-up.
        label_smoothing: part of the right answer that is spread evenly over all classes
            (Szegedy et al. 2016, section 7); in [0, 1).
    """

    learning_rate: float
    batch_size: int
    augmentation: Augmentation
    weight_decay: float | None = None
    class_weight_power: float = 0.0
    last_rate: float = 0.01
    label_smoothing: float = 0.0

    def count_steps(self, num_images: int) -> int:
        """Return the steps of an epoch over so many images."""
        return -(-num_images // self.batch_size)


# Its module's name is part of the digests of the trainings that use it.
@keras.saving.register_keras_serializable("cnnlab")
class SmoothedCrossEntropy(keras.losses.Loss):
    """The cross-entropy of logits with labels that are smoothed; Keras smooths one-hot ones only.

    Attributes:
        label_smoothing: part of the right answer that is spread evenly over all classes.
    """

    def __init__(self, label_smoothing: float, **kwargs):
        super().__init__(**kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        """Return the loss of each image: (n,) or (n, 1) labels, (n, c) logits to (n,) nats."""
        labels = keras.ops.reshape(y_true, (-1,))
        return keras.losses.categorical_crossentropy(
            keras.ops.one_hot(labels, y_pred.shape[-1]),
            y_pred,
            from_logits=True,
            label_smoothing=self.label_smoothing,
        )

    def get_config(self):
        """Return what makes the loss anew."""
        return super().get_config() | {"label_smoothing": self.label_smoothing}


def schedule_rate(
    learning_rate: float, steps: int, epochs: int, last_rate: float = 0.01
) -> keras.optimizers.schedules.CosineDecay:
    """Return a learning rate that rises over the first epoch, then falls along half a cosine.

    Args:
        learning_rate: the highest.
        steps: of an epoch.
        epochs: how many.
        last_rate: part of it that is left at the end.
    """
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=learning_rate / 10,
        warmup_target=learning_rate,
        warmup_steps=steps,
        decay_steps=max(steps * (epochs - 1), 1),
        alpha=last_rate,
    )


def compile_network(
    model: keras.Model, recipe: Recipe, stopping: Stopping, num_images: int
) -> keras.Model:
    """Compile a network for a recipe and return it.

    A network of 8 logits learns by the cross-entropy, one of valence and arousal by the mean
    squared error.

    Args:
        model: not compiled yet.
        recipe: how it is trained.
        stopping: its most epochs are the length of the cosine.
        num_images: of an epoch.
    """
    steps = recipe.count_steps(num_images)
    schedule = schedule_rate(recipe.learning_rate, steps, stopping.epochs, recipe.last_rate)
    optimizer = keras.optimizers.Adam(schedule, weight_decay=recipe.weight_decay)
    is_classifier = model.output_shape[-1] == len(CLASSES)
    if not is_classifier:
        loss = keras.losses.MeanSquaredError()
    elif recipe.label_smoothing:
        loss = SmoothedCrossEntropy(recipe.label_smoothing)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"] if is_classifier else [])
    return model


def describe_training(faces: Faces, recipe: Recipe, policy: str) -> dict:
    """Return what decides a training beside what ``train`` itself describes.

    Weight decay, the end of the learning rate and label smoothing are described by the compiled
    model, weights of classes by ``train``.

    Args:
        faces: the data.
        recipe: how the network is trained.
        policy: Keras dtype policy of the training.
    """
    known = asdict(recipe)
    decides = {name: known[name] for name in ("learning_rate", "batch_size", "augmentation")}
    return {"data": faces.digest, "recipe": decides, "policy": policy} | describe_cap()


def weigh_classes(faces: Faces, recipe: Recipe) -> dict[int, float]:
    """Return the weight of each class in the loss, by label; the mean over images is 1."""
    labels = faces.labels[faces.split.training]
    balanced = compute_class_weight("balanced", classes=np.arange(len(CLASSES)), y=labels)
    weights = balanced**recipe.class_weight_power
    return dict(enumerate((weights / weights[labels].mean()).round(6).tolist()))


def learned_shares(faces: Faces, recipe: Recipe) -> np.ndarray:
    """Return the classes' shares of the weighted loss: what a network takes for their frequency.

    Args:
        faces: the data; the training split counts.
        recipe: how the classes are weighted.

    Returns:
        (8,) float64, adding up to 1; equal for a ``class_weight_power`` of 1.
    """
    counts = np.bincount(faces.labels[faces.split.training], minlength=len(CLASSES))
    weighted = counts * list(weigh_classes(faces, recipe).values())
    return weighted / weighted.sum()
