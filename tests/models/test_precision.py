import pytest
import tensorflow as tf

from cnnlab.models.precision import detect_policy

pytestmark = pytest.mark.skipif(
    bool(tf.config.list_physical_devices("GPU")), reason="a GPU decides before the processor does"
)


@pytest.mark.parametrize(
    ("flags", "policy"),
    [
        ("flags : fpu sse2 avx2", "float32"),
        ("flags : fpu avx512f avx512_bf16 amx_tile", "mixed_bfloat16"),
        ("flags : fpu amx_bf16", "mixed_bfloat16"),
        ("flags : fpu avx512_bf16_lookalike", "float32"),
    ],
)
def test_policy_follows_the_processors_flags(tmp_path, flags, policy):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(flags)
    assert detect_policy(cpuinfo) == policy


def test_unknown_processor_gets_float32(tmp_path):
    assert detect_policy(tmp_path / "missing") == "float32"
