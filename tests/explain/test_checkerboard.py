import numpy as np
import pytest

from cnnlab.explain.upconvolution.checkerboard import measure_checkerboard, paint_untrained
from cnnlab.explain.upconvolution.decoders import build_decoder, convolve_transposed

RNG = np.random.default_rng(2)


def test_white_noise_has_no_checkerboard_and_alternating_rows_have():
    noise = RNG.standard_normal((40, 64, 64, 3))
    assert measure_checkerboard(noise).mean() == pytest.approx(1, abs=0.15)
    stripes = noise + 0.5 * (np.arange(64) % 2)[:, None, None]
    assert measure_checkerboard(stripes).min() > 5
    np.testing.assert_allclose(
        measure_checkerboard(stripes.swapaxes(1, 2)), measure_checkerboard(stripes)
    )
    # Period four is no business of this measure.
    slow = noise + 0.5 * (np.arange(64) // 2 % 2)[:, None, None]
    assert measure_checkerboard(slow).max() < 2


def test_transposed_convolutions_paint_it_before_training_and_resizing_does_not():
    features = 9 * RNG.random((2, 8, 8, 32)).astype(np.float32)
    arguments = ((8, 8, 32), 0.3, 20)
    resized = paint_untrained(build_decoder(*arguments), features)
    transposed = paint_untrained(build_decoder(*arguments, convolve_transposed), features)
    assert resized.shape == (2, 64, 64, 3)
    np.testing.assert_allclose(resized.mean((1, 2, 3)), 0.5, atol=1e-5)
    assert measure_checkerboard(transposed).min() > 3 * measure_checkerboard(resized).max()
