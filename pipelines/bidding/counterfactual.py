"""`python -m pipelines.bidding.counterfactual`: what another choice of banners would have got, from two logs.

It writes `counterfactual.json` into the folder that it is given, and prints the table. What choosing at random gets is
known, since there is a log of it; so the estimates of it from the log of Thompson sampling can be wrong visibly.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.contract.intervals import difference
from capstan.errors import CapstanError
from capstan.settings import settings
from models.study import Line, Study, markdown, options
from models.uplift import off_policy
from pipelines.bidding import banner

FOLDER = Path(__file__).parent


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
        zip(("clicks", "low", "high"), (1_000 * one for one in difference(values, np.zeros(len(values)))), strict=True)
    )


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""

    def ranged(rows: pd.DataFrame) -> str:
        mean, low, high = (rows[name].mean() for name in ("clicks", "low", "high"))
        return f"{mean:.1f} ({low:.1f} to {high:.1f})"

    return markdown(results, {"policy": "case", "estimate": "method"}, {
        "clicks of a thousand": ranged,
        "highest weight": lambda rows: "" if rows["highest"].isna().any() else f"{rows['highest'].mean():.0f}",
        "rounds that count": lambda rows: "" if rows["effective"].isna().any() else f"{rows['effective'].mean():.0f}",
    })  # fmt: skip


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    data_dir = settings().data_dir
    if data_dir is None or not (data_dir / banner.FILE).is_file():
        raise CapstanError(
            f"{banner.FILE} is missing. It is a sample of the Open Bandit Dataset: set CAPSTAN_DATA_DIR."
        )
    study = Study(given.out / "counterfactual.json", ["case", "method"])
    study.add(*measured(data_dir))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
