"""The report on a stock or a sector: its figures, its errors, and that it knows no later day."""

import json
import subprocess
import sys

import numpy as np
import pytest

from capstan.errors import CapstanError
from data_sets.djia import TICKERS
from pipelines.trading.research import Report, members, research
from pipelines.trading.research_text import markdown
from pipelines.trading.sectors import SECTORS
from tests.support.data import DATA_DIR

DAY = "2009-03-31"


@pytest.fixture(scope="module")
def report(closes) -> Report:
    return research(closes, "KO", DAY)


def test_figures_are_those_of_the_prices(report, closes):
    own = closes.loc[:DAY, "KO"]
    moves = closes.loc[:DAY].pct_change().iloc[1:]
    others = moves.drop(columns="KO").mean(axis=1)
    assert (report.day, report.days, report.close) == (DAY, len(own), own.iloc[-1])
    assert report.returns["year"] == pytest.approx(own.iloc[-1] / own.iloc[-253] - 1)
    assert report.momentum == pytest.approx(own.iloc[-22] / own.iloc[-253] - 1)
    assert report.drawdown_worst == pytest.approx((1 - own / own.cummax()).max())
    assert report.beta == pytest.approx(np.polyfit(others[-252:], moves["KO"][-252:], 1)[0])
    assert report.volatility == pytest.approx(moves["KO"][-252:].std() * np.sqrt(252))
    assert report.worst_days[0].value == moves["KO"].min()
    assert report.limits[0].value_at_risk < report.limits[1].value_at_risk < report.limits[1].expected_shortfall
    assert report.volatility_now > report.volatility_ever  # in the spring of 2009


def test_a_later_day_changes_nothing(report, closes):
    changed = closes.copy()
    changed.loc["2009-04-01":] *= np.linspace(1, 3, len(changed.loc["2009-04-01":]))[:, None]
    assert research(changed, "KO", DAY) == report
    assert research(closes, "KO", "2009-03-29").day == "2009-03-27"  # a Sunday has no close


def test_a_sector_is_its_stocks_in_equal_parts(closes):
    made = research(closes, "energy", DAY)
    assert made.close is None and made.stocks == ["CVX", "XOM"]
    moves = closes.loc[:DAY, made.stocks].pct_change().mean(axis=1)
    assert made.returns["month"] == pytest.approx((1 + moves[-21:]).prod() - 1)
    assert not {"CVX", "XOM"} & {*made.nearest, *made.farthest}
    assert sorted(sum(SECTORS.values(), ())) == sorted(TICKERS)


def test_the_text_has_the_figures_and_what_is_left_out(report):
    text = markdown(report)
    assert f"{100 * report.limits[1].value_at_risk:.1f} %" in text and report.worst_days[0].day in text
    assert "No dividends, fundamentals" in text and "chosen at the end of 2017" in text


@pytest.mark.parametrize(
    ("subject", "day", "message"),
    [
        ("TSLA", "", "no stock or sector 'TSLA'. Give one of AABA"),
        ("", "", "or a sector: consumer discretionary"),
        ("KO", "2007-06-29", "needs 501 closes, and there are 375: ask for a day from 2007-12-28 on"),
        ("KO", "yesterday", "from 2006-01-03 to 2017-12-29, and 'yesterday' is no day among them"),
        ("KO", "2018-06-01", "no day among them"),
    ],
)
def test_what_it_cannot_report_is_refused(closes, subject, day, message):
    with pytest.raises(CapstanError, match=message):
        research(closes, subject, day)


def test_the_command_prints_what_a_program_reads(closes):
    command = [sys.executable, "-m", "pipelines.trading.research", "energy", "--day", "2008-06-30", "--json"]
    made = subprocess.run(command, env={"CAPSTAN_DATA_DIR": str(DATA_DIR)}, check=True, capture_output=True, text=True)
    printed, called = Report(**json.loads(made.stdout)), research(closes, "energy", "2008-06-30")
    assert printed.returns == pytest.approx(called.returns) and printed.nearest == pytest.approx(called.nearest)
    assert printed.limits[0].value_at_risk == pytest.approx(called.limits[0].value_at_risk, rel=1e-4)
    assert members("energy", closes) == ["CVX", "XOM"]
