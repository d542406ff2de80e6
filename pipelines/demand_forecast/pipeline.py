"""The pipeline of `demand_forecast`."""

from typing import NamedTuple

from kfp import dsl

from graphs import road


class Outputs(NamedTuple):
    """What a run reports."""

    half_hours: dsl.Metrics
    rows: dsl.Metrics
    scores: dsl.Metrics
    report: dsl.HTML
    verdict: str
    version: str


@dsl.pipeline(name="demand-forecast", description="How much electricity will Victoria need tomorrow?")
def pipeline(
    seed: int = 0,
    forecaster: str = "combination",
    folds: int = 4,
    temperature_error: float = 1.0,
    canary: float = 0.0,
    until: str = "",
    test_days: int = 92,
) -> Outputs:
    """Train, measure and deploy the model.

    forecaster: one of the README's table. folds: how many quarters of the weeks, 1 to 4, calibrate it; fewer are
    faster. temperature_error: of the temperature that it learns from, degrees C, as a forecast has it. canary: the
    percent of requests that the new version gets beside the champion; 0 replaces the champion, -1 only tries the
    version. until: nothing from this instant on counts, ISO 8601; "" is all. test_days: how many days test the model.
    """
    parameters = {"seed": seed, "forecaster": forecaster, "folds": folds, "temperature_error": temperature_error}
    counts = {"half_hours": "ingest", "rows": "split"}
    days = {"until": until, "test_days": test_days}
    return road.standard(
        "demand_forecast", parameters, split_parameters=days, canary=canary, outputs=Outputs, counts=counts
    )
