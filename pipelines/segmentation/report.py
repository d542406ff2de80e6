"""What a run shows of a segmentation, on customers of a later day, and where they are a quarter after that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from capstan.errors import CapstanError
from models.metrics import kappa as staying
from models.metrics import population_stability
from pipelines.segmentation import cards, plots, stability, words
from pipelines.segmentation.columns import CUSTOMER, DAY, OUTCOMES
from pipelines.segmentation.outcomes import targets

if TYPE_CHECKING:
    from pipelines.segmentation.divisions import Division
    from pipelines.segmentation.model import SegmentModel
    from pipelines.segmentation.outcomes import Outlook

SCORE, CLOUD = "a score in as many parts", "a cloud in as many parts"


def evaluate(model: SegmentModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics, by customer for the gate, and the sections of the report.

    rows: of two days. The customers of the first are judged; the second says where they are a quarter later. Rivals are
    a score of recency, frequency and money in as many parts, and a division of a cloud without groups: there, being as
    useful is enough.
    """
    now, later = days(rows)
    labels = model.division.predict(now)
    names = np.array(model.names)[labels]
    shares = pd.concat([model.shares, share_by_day(now, names)]).fillna(0.0)
    before, after = shares.iloc[:-1].mean(), shares.iloc[-1]
    pairs = stability.agreement(model.refits, now)
    units = by_customer(model.division, model.outlook, now, later)
    rivals = {name: by_customer(*rival, now, later) for name, rival in model.rivals.items()}
    metrics = {
        **units.mean().to_dict(),
        "stability": float(pairs.mean()),
        "lowest_stability": float(pairs.min()),
        "segments": model.division.count,
        "smallest": float(np.bincount(labels, minlength=model.division.count).min() / len(labels)),
        "size_drift": population_stability.stability_index(before.to_numpy(), after.to_numpy()),
    }
    sections = [
        Section("The segments", table(model, now, labels)),
        Section("What is explained of the next quarter, and who stays", judged({"segments": units, **rivals})),
        Section("Two maps of the customers", plots.maps(model.scaling.points(now), names)),
        Section("Sizes by day; the last one is the test", plots.sizes(shares)),
        Section("Sizes by day, in percent", (100 * shares).round(1).rename_axis(None, axis=1).reset_index()),
        *cards.sections(model, now, metrics),
    ]
    compared = {SCORE: ["usefulness", "staying"], CLOUD: ["usefulness", "staying"]}
    baselines = {name: rivals[name][metrics] for name, metrics in compared.items()}
    return Evaluation(metrics, sections, units, baselines, level={CLOUD: ["usefulness"]})


def days(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the customers of the first and of the second day. Raises CapstanError where there are not two."""
    found = sorted(rows[DAY].unique())
    if len(found) != 2:
        raise CapstanError(f"The test needs customers of two days; these are of {', '.join(found) or 'none'}.")
    first, second = (rows[rows[DAY] == day].reset_index(drop=True) for day in found)
    return first, second


def by_customer(division: Division, outlook: Outlook, now: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Return what a division is worth, a row per customer of `now`: what it explains, of each outcome too, and staying.

    Who has bought nothing in the year before the later day is in no part then.
    """
    labels = division.predict(now)
    told = outlook.told(labels, targets(now))
    then = pd.Series(division.predict(later), index=later[CUSTOMER])
    moved = now[CUSTOMER].map(then).fillna(division.count).astype(int).to_numpy()
    units = pd.DataFrame(told, columns=OUTCOMES)
    return units.assign(usefulness=told.mean(axis=1), staying=staying.kappa(labels, moved))


def judged(units: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row per division: the means over the customers."""
    rows = [{"division": name, **frame.mean().to_dict()} for name, frame in units.items()]
    return pd.DataFrame(rows).rename(columns={"usefulness": "mean of the three", "staying": "staying (kappa)"})


def share_by_day(rows: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    """Return the share of each segment, one row per day."""
    return rows.assign(segment=names).groupby(DAY)["segment"].value_counts(normalize=True).unstack()


def table(model: SegmentModel, rows: pd.DataFrame, labels: np.ndarray) -> pd.DataFrame:
    """Return one row per segment: in words, its medians, shares in percent, and what its customers did then."""
    profiles = words.profiles(rows, labels).round({"recency": 0, "frequency": 1, "money": 0, "order_value": 0})
    profiles["% that bought in the next quarter"] = (100 * rows["buys"].groupby(labels).mean()).round(1)
    profiles.insert(0, "segment", [model.names[label] for label in profiles.index])
    profiles.insert(1, "who belongs to it", [model.rules[name] for name in profiles["segment"]])
    profiles.insert(2, "its typical customer", [model.words[name] for name in profiles["segment"]])
    for name, title in (("share", "% of customers"), ("of_money", "% of money")):
        profiles[title] = (100 * profiles.pop(name)).round(1)
    return profiles.sort_values("segment")
