"""kill -9 of the trader and in the middle of the broker's writes: no order is lost, and none is doubled."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_sets.djia import TICKERS
from models.backtest.broker import Broker
from models.backtest.engine import Engine, events, run
from pipelines.trading.studies.rehearsal.study import booked
from pipelines.trading.tests import trader
from pipelines.trading.variants import CHOSEN
from tests.support.data import DATA_DIR
from tests.support.processes import HANG_SECONDS


def state(path: Path) -> list:
    """Return all that a file of the broker has."""
    broker = Broker(path)
    tables = ("account", "positions", "days", "orders", "fills", "refusals")
    rows = [broker.database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables]
    broker.close()
    return rows


def finished(path: Path) -> list:
    """Return the state after a trader that was started again has done the rest."""
    broker = Broker(path)
    trader.trade(broker)
    broker.close()
    return state(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[list, int]:
    """Return the state of a trader that nobody killed, and how many statements it made."""
    path, statements = tmp_path_factory.mktemp("whole") / "paper.db", []
    broker = Broker(path)
    broker.database.set_trace_callback(statements.append)
    trader.trade(broker)
    broker.close()
    tables = state(path)
    assert len(tables[4]) > 5 and {row[-1] for row in tables[3]} == {"filled", "cancelled", "open"}
    return tables, len(statements)


def killed(path: Path, statement: int = 0, after: float = 0.0, ready: bool = True) -> None:
    """Run a trader that dies before a statement, or some seconds after it is ready, or after its start."""
    command = [sys.executable, "-m", "pipelines.trading.tests.trader", str(path), str(statement)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if ready:
            assert process.stdout.readline() == b"ready\n"
        if not statement:
            time.sleep(after)
            process.kill()
        assert process.wait(HANG_SECONDS) in ((-signal.SIGKILL,) if statement else (-signal.SIGKILL, 0))


def check_statements(folder: Path, statements: range, expected: list) -> None:
    for statement in statements:
        path = folder / f"{statement}.db"
        killed(path, statement)
        assert finished(path) == expected, statement


def test_a_kill_before_a_statement_changes_nothing_in_the_end(whole, tmp_path):
    check_statements(tmp_path, range(3, whole[1] + 1, 17), whole[0])


@pytest.mark.rotating
def test_a_kill_before_any_statement_changes_nothing_in_the_end(whole, tmp_path):
    check_statements(tmp_path, range(1, whole[1] + 1), whole[0])


def test_kills_at_any_moment_change_nothing_in_the_end(whole, tmp_path):
    path, moments = tmp_path / "paper.db", random.Random(0)
    for _ in range(4):
        killed(path, after=moments.uniform(0.03, 0.12), ready=False)  # it makes the file meanwhile
    for _ in range(8):
        killed(path, after=moments.uniform(0, 0.02))
    assert finished(path) == whole[0]


def test_two_traders_at_once_are_as_one(whole, tmp_path):
    path = tmp_path / "paper.db"
    command = [sys.executable, "-m", "pipelines.trading.tests.trader", str(path), "0"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    told = [process.communicate(timeout=HANG_SECONDS)[1].decode() for process in both]
    assert all("comes too late" in text for text in told if text)  # one that is behind is refused
    assert finished(path) == whole[0]


@pytest.mark.rotating
def test_the_command_that_is_killed_all_year_trades_as_the_backtest(market, tmp_path):
    path, moments = tmp_path / "paper.db", random.Random(0)
    command = [sys.executable, "-m", "pipelines.trading.live", str(path), "--rule", "mean reversion"]
    env = {"CAPSTAN_DATA_DIR": str(DATA_DIR)}
    kills = 0
    for until in range(20, 251, 33):
        with subprocess.Popen(command, env=env) as process:
            while booked(path) < until:
                assert process.poll() is None
                time.sleep(moments.uniform(0, 0.02))
            process.kill()
            kills += process.wait(HANG_SECONDS) == -signal.SIGKILL
    assert kills == 7
    subprocess.run(command, env=env, check=True, timeout=HANG_SECONDS)
    backtest = run(Engine(CHOSEN["mean reversion"], TICKERS, name="paper"), events(market), since="2017-01-01")
    broker = Broker(path)
    assert broker.fills() == backtest.fills
    assert list(broker.equity().values()) == backtest.equity.tolist()
    broker.close()
