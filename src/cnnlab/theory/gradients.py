r"""The one-dimensional convolutional network of question 3, with gradients derived by hand.

The network maps a signal to a probability: zero padding, one convolution kernel with ReLU,
average pooling, a dense layer (FC1) with ReLU, one sigmoid unit. Every function handles a
batch, and names follow the homework: ``W_C``, ``b_C`` (convolution), ``W_F``, ``b_F`` (FC1),
``W_Z``, ``b_Z`` (output). "Convolution" is the deep-learning kind, that is correlation.
The derivation is notebook 03; the method is back-propagation (Goodfellow, Bengio & Courville
2016, section 6.5).
"""

# ruff: noqa: N815 - the homework's own names

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


@dataclass(frozen=True)
class Architecture:
    """The sizes of the network; every other length follows from these.

    Attributes:
        input_length: samples in one signal, at least 1.
        padding: zeros put at each end, at least 0.
        kernel_width: k, taps of the convolution kernel, at least 1.
        pool: P, width and stride of the average pooling, at least 1.
        hidden: H, units of FC1, at least 1.

    Raises:
        ValueError: a size is below its least value, or no window of the kernel or of the pool
            fits.
    """

    input_length: int = 785
    padding: int = 1
    kernel_width: int = 2
    pool: int = 2
    hidden: int = 10

    def __post_init__(self):
        if min(self.input_length, self.kernel_width, self.pool, self.hidden, self.padding + 1) < 1:
            raise ValueError(f"{self}: the padding must be at least 0, all other sizes 1.")
        if self.pooled_length < 1:
            raise ValueError(f"{self}: the kernel or the pool is wider than its input.")

    @property
    def convolved_length(self) -> int:
        """T: positions of the kernel inside the padded signal."""
        return self.input_length + 2 * self.padding - self.kernel_width + 1

    @property
    def pooled_length(self) -> int:
        """M: full windows of the pool."""
        return self.convolved_length // self.pool


@dataclass(frozen=True)
class Parameters:
    """The trainable parameters, or anything of the same shapes, such as their gradient.

    Attributes:
        W_C: (k,) kernel of the convolution.
        b_C: () its bias.
        W_F: (M, H) weights of FC1; ``W_F[m, j]`` leads from pool output m to unit j.
        b_F: (H,) biases of FC1.
        W_Z: (H,) weights of the output unit.
        b_Z: () its bias.
    """

    W_C: np.ndarray
    b_C: np.ndarray
    W_F: np.ndarray
    b_F: np.ndarray
    W_Z: np.ndarray
    b_Z: np.ndarray

    def to_vector(self) -> np.ndarray:
        """Return all entries as one vector, in the order of the attributes."""
        return np.concatenate([np.ravel(values) for values in vars(self).values()])


@dataclass(frozen=True)
class Forward:
    """All intermediate values of a forward pass over n signals.

    Attributes:
        padded: (n, T + k - 1) zero-padded input.
        u: (n, T) convolution before ReLU.
        c: (n, T) convolution after ReLU.
        p: (n, M) average pool.
        v: (n, H) FC1 before ReLU.
        h: (n, H) FC1 after ReLU.
        s: (n,) output before the sigmoid (the logit).
        z: (n,) output, in [0, 1].
    """

    padded: np.ndarray
    u: np.ndarray
    c: np.ndarray
    p: np.ndarray
    v: np.ndarray
    h: np.ndarray
    s: np.ndarray
    z: np.ndarray


@dataclass(frozen=True)
class Gradients:
    """Derivatives of the cost.

    Attributes:
        delta_Z: (n,) with respect to the logit s of each signal.
        delta_F: (n, H) with respect to v.
        delta_P: (n, M) with respect to p.
        delta_C: (n, T) with respect to u.
        parameters: with respect to each parameter, summed over the signals.
    """

    delta_Z: np.ndarray
    delta_F: np.ndarray
    delta_P: np.ndarray
    delta_C: np.ndarray
    parameters: Parameters


def parameter_shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter by its name, in the order of ``Parameters``."""
    M, H = architecture.pooled_length, architecture.hidden
    return {
        "W_C": (architecture.kernel_width,),
        "b_C": (),
        "W_F": (M, H),
        "b_F": (H,),
        "W_Z": (H,),
        "b_Z": (),
    }


def initialise(architecture: Architecture, seed: int) -> Parameters:
    """Draw weights of variance 2 / fan-in (He et al. 2015, eq. 10) and set biases to zero.

    Args:
        architecture: the sizes.
        seed: of the draw; the same seed gives the same parameters.

    Returns:
        float64 parameters.
    """
    draw = np.random.default_rng(seed)
    values = {}
    for name, shape in parameter_shapes(architecture).items():
        scale = np.sqrt(2 / shape[0]) if name.startswith("W") else 0.0
        values[name] = np.asarray(scale * draw.standard_normal(shape))
    return Parameters(**values)


def parameters_from_vector(vector: np.ndarray, architecture: Architecture) -> Parameters:
    """Undo ``Parameters.to_vector``; raise ValueError if the vector has another length."""
    shapes = parameter_shapes(architecture)
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
    if vector.shape != (ends[-1],):
        raise ValueError(f"Expected a vector of {ends[-1]} parameters, got shape {vector.shape}.")
    pieces = zip(shapes.items(), np.split(vector, ends[:-1]), strict=True)
    return Parameters(**{name: piece.reshape(shape) for (name, shape), piece in pieces})


def forward(signals: np.ndarray, parameters: Parameters, architecture: Architecture) -> Forward:
    """Run the network and keep what the backward pass needs.

    Complex parameters are allowed, for differentiation by the complex step: ReLU then decides
    by the real part.

    Args:
        signals: (n, input_length) real numbers.
        parameters: of the shapes ``parameter_shapes(architecture)``.
        architecture: the sizes.

    Returns:
        the intermediate values, in the precision of the arguments.

    Raises:
        ValueError: the signals have another shape.
    """
    if signals.shape[1:] != (architecture.input_length,):
        raise ValueError(
            f"Expected signals of shape (n, {architecture.input_length}), got {signals.shape}."
        )
    M, P = architecture.pooled_length, architecture.pool
    padded = np.pad(signals, ((0, 0), (architecture.padding, architecture.padding)))
    # Entry [n, t, i] is sample t + i of signal n.
    windows = sliding_window_view(padded, architecture.kernel_width, axis=1)
    u = windows @ parameters.W_C + parameters.b_C
    c = relu(u)
    p = c[:, : M * P].reshape(-1, M, P).mean(axis=2)
    v = p @ parameters.W_F + parameters.b_F
    h = relu(v)
    s = h @ parameters.W_Z + parameters.b_Z
    return Forward(padded, u, c, p, v, h, s, sigmoid(s))


def cost(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the cross-entropy summed over the samples, from the logits.

    With ``z = sigmoid(s)``, ``-log z = log(1 + exp(-s))`` and ``-log(1 - z) = log(1 + exp(s))``;
    these forms are finite for every finite s, and nothing cancels.

    Args:
        logits: (n,) s.
        labels: (n,) y in [0, 1].

    Returns:
        () the cost, at least 0.

    Raises:
        ValueError: there are not as many labels as logits.
    """
    _check_count(labels, logits)
    return np.sum(labels * softplus(-logits) + (1 - labels) * softplus(logits))


def backward(
    passed: Forward, labels: np.ndarray, parameters: Parameters, architecture: Architecture
) -> Gradients:
    """Differentiate ``cost(passed.s, labels)`` with respect to every parameter.

    ReLU's derivative at 0 is taken as 0.

    Args:
        passed: the forward pass.
        labels: (n,) y in [0, 1].
        parameters: those of the forward pass.
        architecture: the sizes.

    Raises:
        ValueError: there are not as many labels as signals.
    """
    _check_count(labels, passed.s)
    M, P = architecture.pooled_length, architecture.pool
    delta_Z = passed.z - labels
    delta_F = delta_Z[:, None] * parameters.W_Z * (passed.v > 0)
    delta_P = delta_F @ parameters.W_F.T
    spread = np.zeros_like(passed.u)
    # Positions beyond the last full window of the pool reach no output: they stay 0.
    spread[:, : M * P] = np.repeat(delta_P / P, P, axis=1)
    delta_C = spread * (passed.u > 0)
    gradient = Parameters(
        W_C=kernel_gradients(delta_C, passed.padded).sum(axis=0),
        b_C=delta_C.sum(),
        W_F=passed.p.T @ delta_F,
        b_F=delta_F.sum(axis=0),
        W_Z=delta_Z @ passed.h,
        b_Z=delta_Z.sum(),
    )
    return Gradients(delta_Z, delta_F, delta_P, delta_C, gradient)


def kernel_gradients(delta_C: np.ndarray, padded: np.ndarray) -> np.ndarray:
    """Return each signal's gradient of the kernel: entry i is sum_t delta_C[t] padded[t + i].

    Args:
        delta_C: (n, T) derivative of the cost with respect to the convolution before ReLU.
        padded: (n, T + k - 1) zero-padded input.

    Returns:
        (n, k); the sum over the signals is the gradient of the cost.
    """
    return np.einsum("nt,nit->ni", delta_C, sliding_window_view(padded, delta_C.shape[1], axis=1))


def learn(
    parameters: Parameters,
    signals: np.ndarray,
    labels: np.ndarray,
    architecture: Architecture,
    learning_rate: float,
    steps: int,
) -> tuple[Parameters, np.ndarray]:
    """Descend on the cost of all signals at once.

    Args:
        parameters: where to start.
        signals: (n, input_length).
        labels: (n,) y in [0, 1].
        architecture: the sizes.
        learning_rate: of the cost, which is a sum over the signals.
        steps: at least 0.

    Returns:
        the parameters after the last step, and the (steps + 1,) costs before each step and
        after the last.
    """
    costs = np.empty(steps + 1)
    for step in range(steps):
        passed = forward(signals, parameters, architecture)
        costs[step] = cost(passed.s, labels)
        gradient = backward(passed, labels, parameters, architecture).parameters
        descended = parameters.to_vector() - learning_rate * gradient.to_vector()
        parameters = parameters_from_vector(descended, architecture)
    costs[steps] = cost(forward(signals, parameters, architecture).s, labels)
    return parameters, costs


def relu(x: np.ndarray) -> np.ndarray:
    """Return x where its real part is positive, else 0."""
    return np.where(np.real(x) > 0, x, 0)


def softplus(x: np.ndarray) -> np.ndarray:
    """Return log(1 + exp(x)) without overflow, as max(x, 0) + log(1 + exp(-|x|))."""
    magnitude = np.where(np.real(x) > 0, x, -x)
    return relu(x) + np.log1p(np.exp(-magnitude))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return np.exp(-softplus(-x))


def kink_distance(passed: Forward) -> float:
    """Return how near the nearest input of a ReLU lies to its kink at 0."""
    return float(min(np.abs(passed.u).min(), np.abs(passed.v).min()))


def _check_count(labels: np.ndarray, logits: np.ndarray) -> None:
    if np.shape(labels) != np.shape(logits):
        raise ValueError(f"There are {np.size(labels)} labels for {np.size(logits)} signals.")
