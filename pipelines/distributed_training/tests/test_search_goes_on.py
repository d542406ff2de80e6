"""A search that is killed at any moment goes on, and ends with the same decisions."""

import subprocess
import sys
from dataclasses import asdict

import pytest

from capstan.errors import CapstanError
from models.search import SEARCHES, on_ray
from models.search.journal import Journal
from models.search.workers import run
from pipelines.distributed_training.studies.search import curves
from tests.support.processes import HANG_SECONDS, ROOT

NAMES = [name for name in SEARCHES if name != "population-based"]  # it needs networks: see test_search_on_ray.py
KILLS = (0, 1, 25, 60)  # jobs that have ended before the process is killed in the middle of the next one
BUDGET = 162
# A process per search and moment, which kills itself.
KILLED = """
import os, signal, sys
from pathlib import Path
from models.search import SEARCHES
from models.search.journal import Journal
from models.search.workers import run
from pipelines.distributed_training.studies.search import curves

known = curves.read()
for case in sys.argv[2:]:
    name, jobs = case.split(":")
    calls = [0]

    def train(*job):
        if calls[0] == int(jobs):
            os.kill(os.getpid(), signal.SIGKILL)
        calls[0] += 1
        return known.train(*job)

    pid = os.fork()
    if not pid:
        run(Journal(Path(sys.argv[1]) / f"{case}.json", SEARCHES[name](known.draw, BUDGET, {}, 0)), train)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) in (0, -signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("journals")
    cases = [f"{name}:{jobs}" for name in NAMES for jobs in KILLS]
    script = KILLED.replace("BUDGET", str(BUDGET))
    subprocess.run([sys.executable, "-c", script, path, *cases], cwd=ROOT, check=True, timeout=HANG_SECONDS)
    return path


def new(name, seed=0):
    known = curves.read()
    return SEARCHES[name](known.draw if not seed else lambda trial: known.draw(trial + seed), BUDGET, {}, 0), known


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_search_ends_as_if_it_were_not(folder, name):
    undisturbed, known = new(name)
    run(undisturbed, known.train)
    for jobs in KILLS:
        search, _ = new(name)
        journal = Journal(folder / f"{name}:{jobs}.json", search)
        assert len(search.losses) == min(jobs, len(undisturbed.losses))
        assert len(journal.lost) == (jobs < len(undisturbed.losses))
        run(journal, known.train)
        assert [asdict(job) for job in search.jobs] == [asdict(job) for job in undisturbed.jobs]
        assert search.losses == undisturbed.losses and search.best == undisturbed.best


def test_many_workers_may_be_lost_at_once(tmp_path):
    search, known = new("ASHA")
    journal = Journal(tmp_path / "journal.json", search)
    asked = [journal.ask() for _ in range(4)]
    journal.tell(asked[2], known.train(asked[2].parameters, None, 0, 1)[0])
    again = Journal(tmp_path / "journal.json", new("ASHA")[0])
    assert [again.ask() for _ in range(3)] == [asked[0], asked[1], asked[3]] and again.ask().number == 4


def test_a_search_without_workers_or_budget_says_what_it_needs(tmp_path):
    search, known = new("ASHA")
    with pytest.raises(CapstanError, match="at least one worker, not 0"):
        on_ray.run(Journal(tmp_path / "journal.json", search), known.train, tmp_path, 0)
    with pytest.raises(CapstanError, match="budget of 162 steps may be too small"):
        _ = search.best


def test_a_journal_of_another_search_is_refused(tmp_path):
    search, known = new("ASHA")
    run(Journal(tmp_path / "journal.json", search), known.train)
    for name, seed in (("Hyperband", 0), ("ASHA", 1)):
        with pytest.raises(CapstanError, match="is of another search"):
            Journal(tmp_path / "journal.json", new(name, seed)[0])
