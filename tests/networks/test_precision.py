import keras
import pytest
import tensorflow as tf

from cnnlab.networks.precision import describe_cap, detect_policy, use_policy

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


@pytest.mark.parametrize(
    ("cap", "policy"),
    [("AVX2", "float32"), ("AVX512_CORE", "float32"), ("AVX512_CORE_AMX", "mixed_bfloat16")],
)
def test_a_cap_on_instructions_counts_as_a_processor_without_them(
    tmp_path, monkeypatch, cap, policy
):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags : avx512_bf16")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", cap)
    assert detect_policy(cpuinfo) == policy
    assert describe_cap() == {"ONEDNN_MAX_CPU_ISA": cap}
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA")
    assert describe_cap() == {}


def test_unknown_processor_gets_float32(tmp_path):
    assert detect_policy(tmp_path / "missing") == "float32"


def test_a_policy_is_in_force_within_its_block_alone():
    with pytest.raises(KeyError), use_policy("mixed_bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
        raise KeyError
    assert keras.layers.Dense(1).compute_dtype == "float32"
