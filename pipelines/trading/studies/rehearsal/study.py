"""Does a trader that is killed again and again make the trades of the backtest?

A year through the endpoint, which has to be up and know no price of the year, so it needs a home of its own:

    export CAPSTAN_HOME=FOLDER    # a new one; a champion would keep what the store knows
    capstan run trading --set as_of=2017-01-03T00:00:00Z

It starts `pipelines.trading.live`, kills it with SIGKILL at random moments, starts it again until the year is over, and
compares what the broker booked with the backtest of the same strategy.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from data_sets import djia as data
from data_sets.djia import TICKERS
from models.backtest.broker import Broker
from models.backtest.engine import Backtest, Engine, events, run
from models.backtest.market import CENTS
from pipelines.trading import days
from pipelines.trading.live import YEAR, Endpoint
from pipelines.trading.variants import CHOSEN

KILLS, PATIENCE = 12, 120.0  # seconds that a trader may take to its next close


def rehearse(path: Path, closes: int, kills: int, seed: int = 0) -> Line:
    """Run the trader until the year is over. closes: of the year. Return kills and seconds."""
    command = [sys.executable, "-m", "pipelines.trading.live", str(path)]
    moments, begun, killed = random.Random(seed), time.monotonic(), 0
    for until in sorted(moments.sample(range(1, closes), kills)):
        with subprocess.Popen(command) as process:
            wait(process, path, until)
            time.sleep(moments.uniform(0, 0.1))
            process.kill()
            killed += process.wait() < 0
    subprocess.run(command, check=True)
    return {"kills": killed, "seconds": round(time.monotonic() - begun, 1)}


def wait(process: subprocess.Popen[bytes], path: Path, closes: int) -> None:
    """Wait until a trader has booked so many closes. Raises CapstanError where it ended, or does not go on."""
    deadline = time.monotonic() + PATIENCE
    while booked(path) < closes:
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise CapstanError("The trader ended, or does not go on. Read what it printed, and start a new rehearsal.")
        time.sleep(0.02)


def booked(path: Path) -> int:
    """Return how many closes a file of the broker has."""
    if not path.exists():
        return 0
    broker = Broker(path)
    count = len(broker.equity())
    broker.close()
    return count


def compared(broker: Broker, backtest: Backtest) -> Line:
    """Return how many fills both have, and whether fills and equity are the same, one by one and to the cent."""
    fills, equity = broker.fills(), list(broker.equity().values())
    return {
        "fills": len(fills),
        "expected": len(backtest.fills),
        "same_fills": fills == backtest.fills,
        "same_equity": equity == backtest.equity.tolist(),
        "refusals": len(broker.refusals()),
        "equity": equity[-1] / CENTS,
    }


def rehearsal(strategy: str) -> Line:
    """Return what the broker booked, compared with the backtest. strategy: of the champion."""
    first = f"{YEAR}-01-01"
    market = days.by_day(data.load(data.find(settings().data_dir))).until(f"{YEAR}-12-31")
    if Endpoint().known >= first:
        raise CapstanError(
            f"The endpoint knows {YEAR}. One that does not comes from a new folder: "
            f"CAPSTAN_HOME=FOLDER capstan run trading --set as_of={first}T00:00:00Z"
        )
    backtest = run(Engine(CHOSEN[strategy], TICKERS, name="paper"), events(market), since=first)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "paper.db"
        line = rehearse(path, len(backtest.days), KILLS)
        return line | compared(Broker(path), backtest)


STUDY = Study(
    measures=[Measure(rehearsal, [{"strategy": "equal weights"}], seeds=0)],
    tables=[
        Table(
            {"strategy": "strategy"},
            {
                "kills": lambda rows: str(rows["kills"].iloc[0]),
                "seconds": lambda rows: f"{rows['seconds'].iloc[0]:.1f}",
                "fills": lambda rows: str(rows["fills"].iloc[0]),
                "those of the backtest": lambda rows: "yes" if rows["same_fills"].all() else "no",
                "the same equity each day": lambda rows: "yes" if rows["same_equity"].all() else "no",
                "refusals": lambda rows: str(rows["refusals"].iloc[0]),
                "equity at the end, dollars": lambda rows: f"{rows['equity'].iloc[0]:,.2f}",
            },
        )
    ],
)
