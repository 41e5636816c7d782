import numpy as np

from cnnlab.faces.augmentation import Augmentation
from cnnlab.faces.variation import measure_pixel_distances


def test_distances_on_images_of_one_grey_each():
    grey = np.array([0, 51, 102, 255], np.uint8)
    images = np.broadcast_to(grey[:, None, None, None], (4, 8, 8, 3))
    distances = measure_pixel_distances(images, np.array([0, 0, 1, 1]), Augmentation(), (1, 2))
    # Moving a flat image changes nothing; other classes are as far as the greys differ.
    np.testing.assert_allclose(distances.moved, 0, atol=1e-6)
    np.testing.assert_allclose(distances.nearest, [0.4, 0.2, 0.2, 0.8], atol=1e-6)
    np.testing.assert_allclose(distances.typical, [0.7, 0.5, 0.3, 0.9], atol=1e-6)


def test_moved_copies_are_counted_by_what_changes():
    images = np.zeros((200, 8, 8, 3), np.uint8)
    images[:, :, :4] = 255
    labels = np.arange(200) % 2
    distances = measure_pixel_distances(images, labels, Augmentation(0, 0, True), (1, 2))
    # A mirrored half-white image differs in every pixel, one that was left alone in none.
    assert set(np.round(distances.moved, 5)) == {0.0, 1.0}
