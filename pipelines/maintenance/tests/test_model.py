"""What is served: intervals by engine, reasons that add up, and a plan that keeps to the hangar."""

import copy
from itertools import product

import numpy as np
import pytest

from models.metrics import remaining_life
from pipelines.maintenance import log, plan, report, task, training
from pipelines.maintenance.columns import CAP
from pipelines.maintenance.example import EXAMPLE
from pipelines.maintenance.intervals import Nearby, correction


def answer(model, request: dict) -> dict:
    asked = task.Request(**request).model_dump()
    prediction = {
        name: value[0] for name, value in model.predict_columns({key: [own] for key, own in asked.items()}).items()
    }
    task.Prediction(**prediction)
    return prediction


def test_example_is_answered_as_the_engine_is(quick, held):
    prediction = answer(quick, {"log": EXAMPLE})
    row = quick.state.features(held[0])[-1:]
    assert prediction["cycles_left"] == pytest.approx(quick.regression.predict(row)[0], abs=0.051)
    assert prediction["engine"] == 1 and prediction["unusual"] == [] and len(prediction["health"]) == 31


def test_fleet_is_answered_with_the_most_urgent_first(quick, one):
    prediction = answer(quick, task.examples(one[0])[0])
    slots = [line["service_in"] for line in prediction["fleet"] if line["service_in"] is not None]
    assert len(prediction["fleet"]) == 6 and slots == sorted(slots) and len({*slots}) == len(slots)
    assert (
        prediction["fleet"][0]["engine"] == prediction["engine"]
        and prediction["decision"] == prediction["fleet"][0]["decision"]
    )


def test_a_larger_hangar_and_a_dearer_failure_never_come_later(quick, one):
    request = task.examples(one[0])[0]

    def total(**change: float) -> float:
        fleet = answer(quick, request | change)["fleet"]
        return sum(CAP if line["service_in"] is None else line["service_in"] for line in fleet)

    assert total(failure_cost=100) <= total() <= total(failure_cost=2)


def test_settings_that_nobody_flew_are_named(quick):
    high = "\n".join(" ".join(["1", own.split()[1], "35.0", "0.84", *own.split()[4:]]) for own in EXAMPLE.splitlines())
    [remark] = answer(quick, {"log": high})["unusual"]
    assert "31 cycles under settings" in remark


def test_reasons_add_up_to_the_prediction(quick, held):
    rows = np.array([quick.state.features(engine)[-1] for engine in held])
    added = quick.regression.contributions(rows)
    assert np.clip(added.sum(axis=1), 0, CAP) == pytest.approx(quick.regression.predict(rows), abs=1e-6)


def test_scores_are_nasas_by_hand():
    scores = remaining_life.nasa(np.array([13.0, 30.0, 20.0]), np.array([26.0, 20.0, 20.0]))
    assert scores == pytest.approx([np.e - 1, np.e - 1, 0])


def test_plan_is_the_cheapest_of_all():
    random = np.random.default_rng(0)
    cost = random.normal(size=(4, plan.SLOTS + 1))
    cost[:, :2] -= 3  # all want the same slots
    chosen = plan.plan(cost, hangar=1)
    best = min(
        sum(cost[engine, slot] for engine, slot in enumerate(slots))
        for slots in product(range(plan.SLOTS + 1), repeat=4)
        if all(slots.count(slot) <= 1 for slot in range(plan.SLOTS))
    )
    assert cost[np.arange(4), chosen].sum() == pytest.approx(best)


@pytest.mark.parametrize("hangar", [1, 2, 9])
def test_assignment_costs_what_the_program_costs(hangar):
    random = np.random.default_rng(hangar)
    for engines in (1, 5, 18):
        cost = random.normal(size=(engines, plan.SLOTS + 1)).cumsum(axis=1)
        plans = [solve(cost, hangar) for solve in (plan.plan, plan.assigned)]
        sums = [cost[np.arange(engines), own].sum() for own in plans]
        assert sums[0] == pytest.approx(sums[1])
        assert all(np.bincount(own, minlength=plan.SLOTS + 1)[: plan.SLOTS].max() <= hangar for own in plans)


def test_costs_by_hand():
    failing = np.zeros((2, plan.SLOTS + 1))
    failing[1, 1:] = 1
    costs = plan.costs(failing, failure=10, life=200, surprise=1)
    # Serviced now, both cost a service. One that surely fails in the first slot flies half of it, on average.
    assert costs[:, 0].tolist() == [1, 1]
    assert costs[0, 2] == pytest.approx(1 - 20 / 200) and costs[1, 2] == pytest.approx(10 - 5 / 200)


def test_nearby_is_the_share_of_engines_that_were_predicted_alike():
    random = np.random.default_rng(0)
    predicted = random.uniform(0, CAP, 20_000)
    left = np.maximum(predicted + random.normal(0, 10, 20_000), 0).round()
    model = Nearby().fit(predicted, left)
    share = model.failing(np.array([60.0, 60.5]), np.array([0, 45, 60, 75]))
    assert share[0] == pytest.approx([0, 0.09, 0.5, 0.92], abs=0.04) and (np.diff(share, axis=1) >= 0).all()
    low, high = model.quantiles(np.array([60.0, 120.0]))
    assert low[0] == pytest.approx(60 - 17.7, abs=2) and high.tolist() == [pytest.approx(60 + 17.7, abs=2), CAP]


def test_correction_is_by_engine_and_not_by_cycle():
    """Where the error is the engine's own, cycles would say that there are many: the mean of the draws does not."""
    random = np.random.default_rng(0)
    own = random.normal(0, 10, (200, 1))
    left = np.repeat(own, 20, axis=1)
    shift = correction(np.zeros_like(left), np.zeros_like(left), left)
    again = np.abs(random.normal(0, 10, 20_000))
    assert np.mean(again <= shift) == pytest.approx(0.9, abs=0.04)


def test_engines_that_were_not_learned_from_are_within_the_interval(quick, held):
    outlook = quick.outlook(np.array([quick.state.features(engine)[-1] for engine in held]))
    left = np.minimum([engine.left[-1] for engine in held], CAP)
    assert (outlook.low <= outlook.left).all() and (outlook.left <= outlook.high).all()
    assert np.mean((outlook.low <= left) & (left <= outlook.high)) >= 0.84


def test_cuts_leave_as_many_cycles_as_a_log_has_at_least():
    cuts = training.cuts([128, 300], seed=0)
    assert cuts.shape == (2, training.DRAWS) and cuts.min() >= log.FEWEST - 1 and (cuts.max(axis=1) < [127, 299]).all()


def test_an_earlier_version_without_the_rival_is_measured(quick, one):
    """It becomes the champion that a candidate is compared with."""
    earlier = copy.copy(quick)
    del earlier.rival
    expected, measured = task.evaluate(quick, one[1]), task.evaluate(earlier, one[1])
    assert measured.metrics == expected.metrics and measured.units.equals(expected.units)
    assert {*expected.baselines} - {*measured.baselines} == {report.RIVAL}
