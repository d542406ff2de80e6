"""A study is measured once for each case and seed, goes on after a kill, and writes its tables."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from capstan.settings import ROOT
from capstan.study.record import Record
from tests.support.processes import HANG_SECONDS

TABLES = """| factor | product |
| --- | ---: |
| 2 | 3.0 (2.0 to 4.0) |
| 3 | 4.5 (3.0 to 6.0) |

| method | value |
| --- | ---: |
| sum | 3 |
| mean | 1.5 |
"""


def capstan(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "cli", "study", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=os.environ | environment, timeout=HANG_SECONDS
    )


def calls(folder: Path) -> list[str]:
    return (folder / "calls.txt").read_text().splitlines()


def test_results_and_tables_are_written(studied):
    done = capstan("made", "factors", "--no-track")
    assert done.returncode == 0, done.stderr
    assert TABLES in done.stdout
    results = json.loads((studied / "results.json").read_text())
    assert results["seeds"] == 2 and len(results["cells"]) == 5
    assert calls(studied) == ["2 0", "3 0", "2 1", "3 1"]
    own, capstones = (path.read_text() for path in (studied / "README.md", studied.parents[1] / "README.md"))
    assert TABLES in own and "old" not in own and own.endswith("<!-- end -->\n\nThe end.\n")
    assert "| sum | 3 |" in capstones and "factor |" not in capstones
    assert capstan("made", "--check").returncode == 0


def test_a_killed_study_computes_the_rest(studied):
    killed = capstan("made", "factors", "--no-track", DIE_AFTER="3")
    assert killed.returncode == -9
    assert capstan("made", "factors", "--no-track").returncode == 0
    assert calls(studied) == ["2 0", "3 0", "2 1", "2 1", "3 1"]  # the third was not over
    assert capstan("made", "factors", "--no-track").returncode == 0
    assert len(calls(studied)) == 5


def test_results_of_other_data_or_seeds_are_refused(studied):
    assert capstan("made", "factors", "--no-track").returncode == 0
    seeds = capstan("made", "factors", "--no-track", "--seeds", "3")
    assert seeds.returncode == 1 and "has results of 2 seeds" in seeds.stderr
    (studied.parents[1] / "numbers.txt").write_text("other\n")
    data = capstan("made", "factors", "--no-track")
    assert data.returncode == 1 and "has results of other data" in data.stderr
    elsewhere = capstan("made", "factors", "--no-track", "--out", str(studied / "new"))
    assert elsewhere.returncode == 0 and (studied / "new" / "results.json").exists()


def test_a_page_that_differs_from_the_results_is_named(studied):
    assert capstan("made", "factors", "--no-track").returncode == 0
    page = studied / "README.md"
    page.write_text(page.read_text().replace("| sum | 3 |", "| sum | 4 |"))
    done = capstan("made", "--check")
    assert done.returncode == 1 and str(page) in done.stdout.replace("\n", "")
    assert capstan("made", "factors", "--render").returncode == 0
    assert capstan("made", "--check").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(["made", "factor"], "'factors'"), (["mad", "factors"], "'made'"), (["--check"], "--all")],
)
def test_a_wrong_name_is_wrong_usage(studied, arguments, hint):
    done = capstan(*arguments)
    assert done.returncode == 2 and hint in done.stderr


def test_studies_are_listed(studied):
    assert json.loads(capstan("made", "--json").stdout) == {"made": {"factors": "Which factor is larger?"}}


def test_a_file_that_holds_no_results_is_named(studied):
    (studied / "results.json").write_text("[]")
    done = capstan("made", "factors", "--no-track")
    assert done.returncode == 1 and "holds no results of a study" in done.stderr


@pytest.mark.slow
def test_cells_run_side_by_side_on_ray(studied):
    done = capstan("made", "factors", "--no-track", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert sorted(calls(studied)) == ["2 0", "2 1", "3 0", "3 1"]
    assert len(Record.of(studied / "results.json").frame()) == 6
