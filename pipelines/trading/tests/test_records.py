"""The code has what the record of trials chose, and the records are what the studies measure."""

import pytest

from capstan.study import find
from capstan.study.choices import name
from capstan.study.record import FILE, Record
from models.finance.coverage import REPEATS, coverage
from models.finance.value_at_risk import LEVELS, METHODS, WINDOW, Forecasts, historical
from models.strategies.allocations import ALLOCATIONS
from pipelines.trading import task
from pipelines.trading.studies.compare import study as compare
from pipelines.trading.studies.risks import study as risks
from pipelines.trading.studies.trials import study as trials
from pipelines.trading.studies.trials.study import FAMILIES
from pipelines.trading.variants import CHOSEN, SPREAD, TRIALS


def lines(question):
    """Return the lines of a record."""
    return Record.of(find.folder("trading", question) / FILE).frame()


@pytest.fixture(scope="module")
def record():
    return lines("trials")


def test_settings_are_those_of_the_record(record):
    for family in FAMILIES:
        if family != "portfolio":
            assert FAMILIES.kind(family)(**FAMILIES.best(record, family)) == CHOSEN[family]
    assert set(CHOSEN) == {*FAMILIES} - {"portfolio"} | set(ALLOCATIONS)


def test_every_trial_is_counted(record):
    assert len(record) == TRIALS == sum(len(FAMILIES.trials(family)) for family in FAMILIES)
    assert trials.spread(record) == pytest.approx(SPREAD, abs=5e-6)


@pytest.mark.parametrize("family", ["momentum", "crossover"])
def test_record_is_what_the_study_measures(record, family, market):
    setting = FAMILIES.best(record, family)
    measured = trials.scores(family, setting, market.until(trials.UNTIL))
    line = record.set_index(["family", "setting"]).loc[(family, name(setting))]
    assert {score: pytest.approx(line[score], abs=1e-9) for score in measured} == measured


def test_test_years_have_no_part_in_the_choice(market):
    assert trials.UNTIL < task.TEST_FROM <= compare.PARTS["test"][0]
    assert f"{market.until(trials.UNTIL).closes.index.max():%Y-%m-%d}" == "2014-12-31"


def test_the_gate_refuses_what_may_lose_to_holding():
    """Of the strategies of the table, those whose return or volatility may be worse by more than the slack."""
    test, bounds = lines("compare").query("part == 'test'").set_index("case"), task.THRESHOLDS
    poor = test.index[-test["more_low"] > bounds["return"].slack]
    risky = test.index[test["ratio_high"] ** 2 - 1 > bounds["risk"].slack]
    assert {*poor, *risky} == {*CHOSEN} - {"equal weights", "Q-learning", "policy gradient"}


def test_record_of_limits_is_what_the_study_measures(closes):
    returns = closes.pct_change().iloc[1:].mean(axis=1)
    values, late = returns.to_numpy(), returns.index[WINDOW:] >= "2008"
    known = lines("risks").query("part == 'limits' and period == @risks.ALL").set_index(["level", "method"])
    assert len(known) == len(LEVELS) * len(METHODS)
    for level in LEVELS:
        forecasts = Forecasts(*(part[late] for part in historical(values, level)))
        measured = coverage(values[WINDOW:][late], forecasts, level)._asdict()
        own = known.loc[(level, "history")]
        # A share of simulations: one that equals what was seen falls on this side or that, by the last digit.
        assert measured.pop("deep") == pytest.approx(own["deep"], abs=1.5 / REPEATS)
        assert measured == pytest.approx({field: own[field] for field in measured})


def test_record_of_the_crisis_is_what_the_study_measures(market):
    names = ["holding all stocks", "mean reversion"]
    known = lines("risks").query("part == 'crisis'").set_index("method")
    measured = {line["method"]: line for line in risks.crisis_of(market, names[1:])}
    for strategy in names:
        line = measured[strategy]
        assert line == {"method": strategy} | {key: known.loc[strategy, key] for key in line if key != "method"}
