"""Give the readers random bad data, and count what became of it.

``PYTHONPATH=tests python -m torture.fuzz_readers [cases]``; a case that is neither read rightly nor
refused with a remedy ends with the assertion that failed, and how to repeat it.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from faces.bad_data import Case, cases, check
from faces.bad_releases import other_cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torture.record import record

CASES = 2500


def fuzz(count: int) -> Counter:
    """Try ``count`` random cases; return how many were read and how many refused."""
    outcomes = Counter()

    @given(case=st.one_of(cases(), other_cases()))
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    def try_case(case: Case) -> None:
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            outcomes[check(case, Path(folder), patch)] += 1

    try_case()
    return outcomes


def main() -> None:
    """Fuzz and print the counts."""
    begun = time.monotonic()
    outcomes = fuzz(int(sys.argv[1]) if len(sys.argv) > 1 else CASES)
    record("fuzz_readers", outcomes.total(), "data sets with faults", time.monotonic() - begun)
    print(
        f"{outcomes.total()} random data sets with faults: {outcomes['read']} read rightly, "
        f"{outcomes['refused']} refused with a remedy, no other error."
    )


if __name__ == "__main__":
    main()
