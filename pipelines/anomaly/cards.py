"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards
from pipelines.anomaly.columns import STREAM
from pipelines.anomaly.detector import SETTING

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.anomaly.model import AnomalyModel


def sections(
    model: AnomalyModel, points: pd.DataFrame, windows: pd.DataFrame, metrics: dict[str, float]
) -> list[Section]:
    """Return both cards. points, windows: what the metrics come from."""
    card = {
        "What it is": "A sum of three signals over one stream of values (beyond all earlier values, unsettled, jumpy), "
        f"each from the past alone, and one threshold ({model.threshold:.3f}) for every stream.",
        "For": "Pointing a person to the stream and the moment to look at, minutes after the value came.",
        "Not for": "Acting without a person, and proving that nothing is wrong: it misses "
        f"{1 - metrics['windows_found']:.0%} of the windows here.",
        "Measured": f"on {points[STREAM].nunique()} streams, whose labels the threshold does not know: "
        f"{cards.listed(metrics)}.",
        "Who could be harmed": "People on call, by false alerts; those who depend on the system that is watched, where "
        "an alert is missed and nobody else looks.",
        "Limits": f"One value per stream at a time. The first {SETTING.learning} values of a stream are learned from "
        "without a score, and NAB counts nothing in the first 15 %. An anomaly that lasts becomes usual. One event is "
        f"one alert: what is less unusual within {SETTING.hold} values of it is silent.",
    }
    dataset = {
        "What it is": "The Numenta Anomaly Benchmark: loads of servers, clicks, traffic, tweets, temperatures, "
        "taxis, and eleven made-up series. The labels are of people who agreed on them.",
        "Rows": f"{len(points):,} values of {points[STREAM].nunique()} streams, with {len(windows)} windows.",
        "Licence": "MIT.",
        "People in it": "None: sums over many people at most.",
    }
    return cards.sections(card, dataset)
