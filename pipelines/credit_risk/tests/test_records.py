"""The README quotes what the commands have measured, and the code has what the records chose."""

import json

import pandas as pd
import pytest

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.study import find
from capstan.study.record import FILE, Record
from pipelines.credit_risk import policy
from pipelines.credit_risk.studies.audit.study import FIRST
from pipelines.credit_risk.studies.fresh import study as fresh
from pipelines.credit_risk.studies.tune import bounds
from pipelines.credit_risk.tests import small

README = (catalogue.folder("credit_risk") / "README.md").read_text()


def record(name: str) -> pd.DataFrame:
    return Record.of(find.folder("credit_risk", name) / FILE).frame()


PAIR = {
    **{
        "amount": [1000.0] * 2,
        "price": [1400.0] * 2,
        "term": [36.0] * 2,
        "income": [110.0] * 2,
        "expenses": [60.0] * 2,
    },
    **{"seniority": [3.0] * 2, "assets": [0.0] * 2, "debt": [0.0] * 2, "home": ["rent"] * 2, "job": ["fixed"] * 2},
    **{"records": ["no"] * 2, "age": [25.0, 50.0], "marital": ["single", "married"]},
}


def test_the_readme_has_the_pair_that_is_treated_differently(served):
    answers = served.predict_columns(PAIR)
    for row, who in enumerate(("25, single", "50, married")):
        probability, limits, decision = (answers[name][row] for name in ("probability", "limit", "decision"))
        assert f"| {who} | {probability:.3f} | {limits:.3f} | {decision} |" in README
    assert answers["probability"][0] == answers["probability"][1] and set(answers["decision"]) == {"grant", "decline"}


def test_the_readme_has_the_answer_to_its_example(served):
    asked = {name: [float(value) if value.isdecimal() else value] for name, value in small.PICTURED.items()}
    [prediction] = [{name: values[0] for name, values in served.predict_columns(asked).items()}]
    assert prediction["decision"] == "decline" and prediction["changes"]
    assert (
        f'"probability": {prediction["probability"]:.3f}, "limit": {prediction["limit"]:.3f}, "decision": "decline"'
        in README
    )
    reasons = [reason | {"effect": round(reason["effect"], 3)} for reason in prediction["reasons"]]
    answer = " ".join(README.split())  # its lines are broken
    for name, value in {"reasons": reasons, "changes": prediction["changes"], "unusual": []}.items():
        assert f'"{name}": {json.dumps(value)}' in answer


def test_bounds_are_those_of_the_record():
    pairs = record("tune").query("part == 'pairs'")
    assert len(pairs) == 5 * len(bounds.BOUNDS) ** 2
    assert bounds.best(pairs) == policy.BOUNDS
    with pytest.raises(CapstanError, match="Measure more seeds"):
        bounds.best(pairs.assign(extra_cost=0.01))


def test_divisions_of_the_record_meet_what_the_code_asks():
    divisions = record("fresh")
    assert [fresh.met(line) for line in divisions.to_dict("records")] == divisions["met"].tolist()


@pytest.mark.slow
@pytest.mark.rotating
def test_figures_of_a_fresh_division_are_those_of_the_record(loans):
    """Out-of-fold decisions over all loans, served and by boosting."""
    figures, line = fresh.division(loans, FIRST, repeats=20), record("fresh").iloc[0]
    for name in ("extra_cost", "ratio_age", "ratio_marital"):
        assert figures[name] == pytest.approx(line[name], abs=0.02)
