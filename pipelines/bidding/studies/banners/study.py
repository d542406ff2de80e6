"""What would another choice of banners have got?

From two logs of ZOZO's Open Bandit sample. What choosing at random gets is known, since there is a log of it; so the
estimates of it from the log of Thompson sampling can be wrong visibly.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.contract.intervals import difference
from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from models.uplift import off_policy
from pipelines.bidding.studies.banners import banner


def measured(data_dir: Path) -> Iterator[Line]:
    """Yield each estimate in clicks of a thousand rounds, with its interval over the rounds."""
    for case, rounds in banner.cases(data_dir).items():
        weight = rounds.weight()
        known = {
            "case": case,
            "highest": float(weight.max()),
            "effective": float(weight.sum() ** 2 / (weight**2).sum()),
        }
        for name, estimator in off_policy.ESTIMATORS.items():
            yield known | {"method": name} | line(estimator(rounds))
    random = banner.halves(banner.logs(data_dir)["random"])[1]
    for case in banner.cases(data_dir):
        yield {"case": case, "method": "measured: chosen at random"} | line(random["click"].to_numpy(float))


def line(values: np.ndarray) -> Line:
    """Return the mean of a value per round, for a thousand of them, and its interval."""
    return dict(
        zip(("clicks", "low", "high"), (1_000 * end for end in difference(values, np.zeros(len(values)))), strict=True)
    )


def estimates() -> Iterator[Line]:
    """Yield all lines. Raises CapstanError where the data folder lacks the sample."""
    data_dir = settings().data_dir
    if data_dir is None or not (data_dir / banner.FILE).is_file():
        raise CapstanError(
            f"{banner.FILE} is missing. It is a sample of the Open Bandit Dataset: set CAPSTAN_DATA_DIR."
        )
    yield from measured(data_dir)


def ranged(rows: pd.DataFrame) -> str:
    """Return the clicks of a thousand rounds, and their interval."""
    mean, low, high = (rows[name].mean() for name in ("clicks", "low", "high"))
    return f"{mean:.1f} ({low:.1f} to {high:.1f})"


def whole(name: str) -> Show:
    """Return what shows a number; it is empty where there is none."""
    return lambda rows: "" if rows[name].isna().any() else f"{rows[name].mean():.0f}"


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the file that is read."""
    return {banner.FILE: (data_dir or Path()) / banner.FILE}


STUDY = Study(
    measures=[Measure(estimates, seeds=0)],
    tables=[
        Table(
            {"policy": "case", "estimate": "method"},
            {
                "clicks of a thousand": ranged,
                "highest weight": whole("highest"),
                "rounds that count": whole("effective"),
            },
        )
    ],
    files=files,
)
