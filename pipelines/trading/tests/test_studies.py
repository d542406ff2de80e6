"""The studies of risk: their lines are what their command measures, on a part that is quick."""

import json

import pytest

from models import study
from models.finance.coverage import coverage
from models.finance.value_at_risk import LEVELS, METHODS, WINDOW, Forecasts, historical
from pipelines.trading import rehearsal, risks


@pytest.fixture(scope="module")
def record():
    return study.read(risks.FOLDER / "risks.json")


def test_record_of_limits_is_what_the_command_measures(record, closes):
    returns = closes.pct_change().iloc[1:].mean(axis=1)
    values, late = returns.to_numpy(), returns.index[WINDOW:] >= "2008"
    lines = record.query("part == 'limits' and period == @risks.ALL").set_index(["level", "method"])
    assert len(lines) == len(LEVELS) * len(METHODS)
    for level in LEVELS:
        forecasts = Forecasts(*(part[late] for part in historical(values, level)))
        made = coverage(values[WINDOW:][late], forecasts, level)._asdict()
        own = lines.loc[(level, "history")]
        assert made == pytest.approx({name: own[name] for name in made})


def test_record_of_the_crisis_is_what_the_command_measures(record, market):
    names = ["holding all stocks", "mean reversion"]
    lines = record.query("part == 'crisis'").set_index("method")
    made = {one["method"]: one for one in risks.crisis(market, names[1:])}
    for name in names:
        assert made[name] == {"method": name} | {key: lines.loc[name, key] for key in made[name] if key != "method"}


def test_the_rehearsal_was_the_backtest_and_the_page_says_so():
    (line,) = json.loads((rehearsal.FOLDER / "rehearsal.json").read_text())
    assert line["same_fills"] and line["same_equity"] and line["refusals"] == 0
    assert line["kills"] == rehearsal.KILLS and line["fills"] == line["expected"]
    text = " ".join((rehearsal.FOLDER / "STUDIES.md").read_text().split())
    assert f"killed {line['kills']} times" in text and f"the same {line['fills']} fills" in text
    assert f"{line['equity']:,.2f} dollars" in text and f"{line['seconds']:.1f} s" in text
