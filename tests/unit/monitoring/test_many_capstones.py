"""What the console and a monitoring run read of the tables, with 36 capstones: statements and steps of SQLite."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from capstan.settings import settings
from monitoring import alerts, checks_run
from predictions.log import PredictionLog
from serving.model.repository import CapstoneRepository
from serving.monitoring.console_data import CLEARED, ConsoleData
from tests.support.monitored import FIRST, WORSE, checks, fill
from tests.support.processes import free_port

FEW, MANY = 6, 36
DAYS = WORSE[0] + 3  # some alerts are open, others have cleared


class Work:
    """What SQLite has done: statements, and instructions of its virtual machine."""

    statements = steps = 0

    def _connect(self, connection, _) -> None:
        connection.set_progress_handler(self._step, 1)

    def _step(self) -> int:
        self.steps += 1
        return 0

    def _execute(self, *_) -> None:
        self.statements += 1

    def of(self, work: Callable[[], object]) -> tuple[int, int]:
        self.statements = self.steps = 0
        work()
        return self.statements, self.steps


@pytest.fixture
def work():
    counter = Work()
    listeners = [("connect", counter._connect), ("before_cursor_execute", counter._execute)]
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    yield counter
    for name, listener in listeners:
        event.remove(Engine, name, listener)


@pytest.fixture
def capstones(tmp_path, monkeypatch):
    """Return the names of so many capstones, whose tables are written to their own state folder."""

    def make(count: int) -> list[str]:
        folder, home, names = tmp_path / f"{count}", tmp_path / f"home-{count}", [f"x{n:02}" for n in range(count)]
        for name in names:
            (folder / name).mkdir(parents=True)
            (folder / name / "task.py").touch()
            fill(home, name, DAYS)
        monkeypatch.setenv("CAPSTAN_CAPSTONES", str(folder))
        monkeypatch.setenv("CAPSTAN_HOME", str(home))
        monkeypatch.setenv("CAPSTAN_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
        settings.cache_clear()
        return names

    yield make
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.slow
def test_console_reads_each_table_once_for_all_capstones(capstones, work, tmp_path):
    done = {}
    for count in (FEW, MANY):
        names = capstones(count)
        console = ConsoleData(CapstoneRepository(log=PredictionLog(tmp_path / f"log-{count}")))
        console.overview()  # opens the database
        done[count] = work.of(console.overview)
        told = {row["name"]: row for row in console.overview()["capstones"]}
        assert {name: told[name]["look"]["checks"] for name in names} == dict.fromkeys(names, len(checks(DAYS)))
        detail = console.detail(names[-1])
        assert {key: told[names[-1]][key] for key in ("open", "critical", "waiting", "lost", "held", "look")} == {
            key: detail[key] for key in ("open", "critical", "waiting", "lost", "held", "look")
        }
        assert len(detail["alerts"]) <= CLEARED + detail["open"]
    assert done[FEW][0] == done[MANY][0] <= 6  # three, and where a transaction begins
    assert done[MANY][1] < 1.5 * MANY / FEW * done[FEW][1]  # it grows with the rows, not with their square


@pytest.mark.slow
def test_look_at_one_capstone_reads_nothing_of_the_others(capstones, work):
    done, now = {}, FIRST + timedelta(days=DAYS)
    for count in (1, MANY):
        [name, *_] = capstones(count)
        alerts.alerts().alerts(name)
        done[count] = work.of(lambda name=name: checks_run.report(name, checks(DAYS), now))
    assert done[1][0] == done[MANY][0]
    assert done[MANY][1] < 1.3 * done[1][1]
