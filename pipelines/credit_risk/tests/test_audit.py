"""The audit of groups and crossings: its gaps against fairlearn's, its intervals against formulas, and the goals."""

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference
from scipy.special import expit

from pipelines.credit_risk import data, gaps
from pipelines.credit_risk.columns import SMALLEST_GROUP
from pipelines.credit_risk.studies.audit import study as audit
from pipelines.credit_risk.studies.audit import widest
from pipelines.credit_risk.studies.fresh import study as fresh


@pytest.fixture(scope="module")
def decided(served, held):
    """The loans to test on: bad, declined and probability by a model of the others."""
    margin = served.margin(held)
    return held, held["bad"].to_numpy(), (margin >= served.policy.limits(held)).astype(float), expit(margin)


def test_gaps_are_those_of_fairlearn(decided):
    rows, bad, declined, _ = decided
    for group in data.groups(rows).values():
        figures = widest.gaps(bad, declined, group, smallest=1)
        assert figures["odds"] == pytest.approx(equalized_odds_difference(bad, declined, sensitive_features=group))
        assert figures["parity"] == pytest.approx(
            demographic_parity_difference(bad, declined, sensitive_features=group)
        )
        assert figures["parity_from"] <= figures["parity"] <= figures["parity_to"]


def test_intervals_of_a_share_are_those_of_the_normal_distribution(decided):
    rows, bad, declined, probability = decided
    lines = gaps.by_group(bad, declined, data.groups(rows)["age"], probability)
    for line in lines[lines["measure"] == "declined"].to_dict("records"):
        error = np.sqrt(line["value"] * (1 - line["value"]) / line["loans"])
        assert line["to"] - line["from"] == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_crossings_cover_every_loan_once_and_small_ones_have_no_part_in_the_gaps(decided):
    rows, bad, declined, probability = decided
    group = gaps.crossed(data.groups(rows))[audit.CROSSED]
    lines = gaps.by_group(bad, declined, group, probability)
    assert lines.loc[lines["measure"] == "declined", "loans"].sum() == len(rows)
    sizes = lines.loc[lines["measure"] == "declined", "loans"]
    assert widest.gaps(bad, declined, group)["groups"] == (sizes >= SMALLEST_GROUP).sum() < len(sizes)


def test_a_gap_that_is_planted_is_found_and_chance_alone_is_not_zero():
    random = np.random.default_rng(0)
    group, bad = random.choice(["a", "b"], 2_000), random.integers(2, size=2_000)
    fair = (random.random(2_000) < 0.4).astype(float)
    planted = np.where((group == "b") & (random.random(2_000) < 0.2), 1.0, fair)
    none, some = (widest.gaps(bad, declined, group) for declined in (fair, planted))
    assert none["odds"] < 0.08 and 0.01 < none["by_chance"] < 0.06
    assert some["parity_from"] > 0.05 and some["odds_from"] > none["by_chance"]


@pytest.mark.parametrize(
    ("age", "marital", "extra", "met"),
    [(0.5, 0.5, 0.05, True), (0.51, 0.2, 0.0, False), (0.2, 0.51, 0.0, False), (0.2, 0.2, 0.06, False)],
)
def test_both_goals_must_be_met(age, marital, extra, met):
    assert fresh.met({"ratio_age": age, "ratio_marital": marital, "extra_cost": extra}) is met
