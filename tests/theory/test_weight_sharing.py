"""The two networks of notebook 01 that differ in weight sharing only."""

import numpy as np
import pytest

from cnnlab.theory import weight_sharing as ws

POSITIONS = (ws.LAST_COLUMN + 1) ** 2


def draw_task(seed, per_class=3):
    images, labels = ws.draw_strokes(np.random.default_rng(seed), range(12), per_class)
    return ws.cut_patches(images.astype(np.float64)), labels


def draw_network(seed, positions):
    network = ws.draw_network(np.random.default_rng(seed), positions)
    return ws.PatchNetwork(*(part.astype(np.float64) for part in vars(network).values()))


@pytest.mark.parametrize("positions", [1, POSITIONS])
@pytest.mark.parametrize("name", ["kernels", "kernel_bias", "weights", "bias"])
def test_gradient_agrees_with_central_differences(positions, name):
    patches, labels = draw_task(1)
    network = draw_network(2, positions)
    direction = np.random.default_rng(3).normal(size=getattr(network, name).shape)
    step = 1e-6

    def loss_at(distance):
        moved = vars(network) | {name: getattr(network, name) + distance * direction}
        return ws.loss_gradient(ws.PatchNetwork(**moved), patches, labels)[0]

    slope = (loss_at(step) - loss_at(-step)) / (2 * step)
    gradient = getattr(ws.loss_gradient(network, patches, labels)[1], name)
    np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=1e-4, atol=1e-8)


def test_unshared_network_with_equal_copies_is_the_shared_one():
    patches, labels = draw_task(4)
    shared = draw_network(5, 1)
    copies = ws.PatchNetwork(
        np.repeat(shared.kernels, POSITIONS, axis=0),
        np.repeat(shared.kernel_bias, POSITIONS, axis=0),
        shared.weights,
        shared.bias,
    )
    loss, gradient = ws.loss_gradient(shared, patches, labels)
    loss_of_copies, gradient_of_copies = ws.loss_gradient(copies, patches, labels)
    assert loss == pytest.approx(loss_of_copies)
    # A shared weight's gradient is the sum of its copies' gradients.
    np.testing.assert_allclose(gradient.kernels[0], gradient_of_copies.kernels.sum(axis=0))


def test_strokes_begin_in_the_columns_asked_for():
    images, labels = ws.draw_strokes(np.random.default_rng(6), [4], per_class=50)
    mean = images.mean(axis=0)
    # Noise alone has a mean of about 0.2 / sqrt(200) = 0.014.
    assert np.abs(mean[:, :4]).max() < 0.08
    assert np.abs(mean[:, 9:]).max() < 0.08
    assert mean[:, 4:9].mean() > 0.05
    assert np.bincount(labels).tolist() == [50] * 4


def test_patches_are_those_of_the_image():
    images, _ = ws.draw_strokes(np.random.default_rng(7), [0], per_class=1)
    patches = ws.cut_patches(images)
    row, column = 3, 7
    np.testing.assert_array_equal(patches[row * 12 + column, 2].reshape(5, 5), images[2, 3:8, 7:12])


def test_sharing_generalises_to_columns_never_seen():
    (_, shared_elsewhere), (_, unshared_elsewhere) = ws.measure_generalisation(
        np.random.SeedSequence(8), per_class=16
    )
    assert shared_elsewhere > 0.8
    assert unshared_elsewhere < 0.4


def test_repetitions_differ_and_can_be_repeated():
    accuracies = ws.repeat_measurement(9, 2, [2])
    assert accuracies.shape == (2, 1, 2, 2)
    assert (accuracies[0] != accuracies[1]).any()
    np.testing.assert_array_equal(ws.repeat_measurement(9, 2, [2]), accuracies)
