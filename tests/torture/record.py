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
    rows = pd.read_csv(FILE).to_dict("records") if FILE.exists() else []
    rows = [each for each in rows if each["trial"] != trial] + [row | describe_machine()]
    table = pd.DataFrame(rows).sort_values("trial")
    write_bytes(FILE, table.to_csv(index=False, lineterminator="\n").encode())
