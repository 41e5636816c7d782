"""What was withstood, as a table beside the studies': ``report/studies/torture.csv``."""

import pandas as pd

from cnnlab.paths import STUDIES
from cnnlab.studies.study import describe_machine
from plumbing.storage import write_bytes

FILE = STUDIES / "torture.csv"


def record(trial: str, count: int, what: str, seconds: float) -> None:
    """Write the row of a trial, in place of its former one.

    Args:
        trial: as its module is called.
        count: how many it withstood.
        what: of these.
        seconds: that it took.
    """
    row = {"trial": trial, "count": count, "what": what, "seconds": round(seconds)}
    table = pd.read_csv(FILE) if FILE.exists() else pd.DataFrame(columns=["trial"])
    table = pd.concat([table[table["trial"] != trial], pd.DataFrame([row | describe_machine()])])
    write_bytes(FILE, table.sort_values("trial").to_csv(index=False, lineterminator="\n").encode())
