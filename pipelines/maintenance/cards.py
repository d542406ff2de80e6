"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards
from pipelines.maintenance.columns import CAP, SUBSET, UNIT, USED
from pipelines.maintenance.plan import FAILURE

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.maintenance.model import FleetModel


def sections(model: FleetModel, rows: pd.DataFrame, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. rows: the cycles that the metrics come from."""
    engines = len(rows.groupby([SUBSET, UNIT]))
    card = {
        "What it is": f"Gradient boosting on windows of {len(USED)} sensors, normalized in "
        f"{len(model.state.conditions.centres)} operating conditions, with quantiles, a conformal correction by "
        "engine, and an integer program that plans services.",
        "For": "Showing how a remaining life with an interval becomes a plan of a hangar.",
        "Not for": "Engines that fly. The engines are simulated, and nothing here is certified.",
        "Costs": f"A failure costs {FAILURE:g} services unless a request says otherwise: an assumption, not a "
        "measurement.",
        "Measured": f"at the last cycle of {engines:,} engines that it has not seen: {cards.listed(metrics)}.",
        "Who could be harmed": "Crew and passengers, where a late service is believed to be safe because a model says "
        "so; an airline that takes engines apart which are well.",
        "Limits": f"More than {CAP} cycles read as {CAP}. One kind of engine, at most six operating conditions, "
        "two kinds of faults, and every engine learned from ran to failure without a service.",
    }
    dataset = {
        "What it is": "NASA's simulated turbofan engines (C-MAPSS): cycles with settings and sensors; here those that "
        "test the model, cut off at some cycle before the failure.",
        "Rows": f"{len(rows):,} cycles of {engines:,} engines.",
        "Licence": "A work of the United States government, in the public domain.",
        "People in it": "None.",
    }
    return cards.sections(card, dataset)
