"""Reports in the Evidently workspace: one project per capstone, one report per name, whole files only."""

import asyncio
import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from capstan.contract.capstone import Outcome
from capstan.data.files import write_tables
from components.baseline_report.core import baseline_report
from components.train.core import train
from monitoring import reports
from monitoring import workspace as evidently
from pipelines.flight_delay import task

pytestmark = [pytest.mark.slow, pytest.mark.rotating]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A model, the rows it was fitted on, and rows on which everything stands elsewhere."""
    folder = tmp_path_factory.mktemp("parts")
    chance = np.random.default_rng(0)
    frame = pd.DataFrame({column: chance.normal(size=800) for column in task.INPUTS})
    for column in task.CATEGORIES:
        frame[column] = chance.choice(["EWR", "JFK"], len(frame))
    frame["late"] = (chance.random(len(frame)) < 1 / (1 + np.exp(-2 * frame["temp"]))).astype(float)
    frame["event_timestamp"] = pd.date_range("2013-08-01", "2013-09-30", periods=len(frame), tz="UTC", unit="us")
    moved = frame.assign(**{column: frame[column] + 5 for column in task.INPUTS if column not in task.CATEGORIES})
    for name, rows in {"train": frame, "same": frame.iloc[::2], "moved": moved}.items():
        write_tables({"flights": rows}, folder / name)
    train("flight_delay", str(folder / "train"), str(folder / "model"))
    return folder


@pytest.fixture
def watch(home, parts, tmp_path):
    """Report rows; return the report's name and its page."""

    def run(rows: str, version: str = "1") -> tuple[str, str]:
        html = tmp_path / "report.html"
        paths = [str(parts / "train"), str(parts / rows), str(html)]
        return baseline_report("flight_delay", str(parts / "model"), version, *paths), html.read_text()

    return run


def workspace(home):
    from evidently.ui.workspace import Workspace

    return Workspace.create(str(home / "evidently"))


def drifted(home, name: str) -> float:
    """Return the share of drifted columns in a report."""
    [project] = workspace(home).list_projects()
    runs = [workspace(home).get_run(project.id, run) for run in workspace(home).list_runs(project.id)]
    [run] = [run for run in runs if run.name == name]
    results = json.loads(json.dumps(run.dict(), default=str))["metric_results"].values()
    [metric] = [metric for metric in results if metric["display_name"] == "Count of Drifted Columns"]
    return float(metric["share"]["value"])


def test_reports_tell_moved_rows_from_the_same(watch, home):
    same, page = watch("same")
    moved, _page = watch("moved")
    assert "<html" in page and same.startswith("version 1 on ") and same != moved
    assert drifted(home, same) < 0.1
    assert drifted(home, moved) > 0.8


def test_same_version_on_the_same_rows_is_reported_once(watch, home, monkeypatch):
    first, page = watch("same")
    again, second = watch("same")
    assert (again, second) == (first, page)
    monkeypatch.setattr(task, "TITLE", "Will it be late?")
    newer, _page = watch("same", version="2")
    [project] = workspace(home).list_projects()
    assert (project.name, project.description) == ("flight_delay", "Will it be late?")
    names = [workspace(home).get_run(project.id, run).name for run in workspace(home).list_runs(project.id)]
    assert sorted(names) == sorted([first, newer])


def test_reference_that_is_missing_is_written_by_the_next_run(watch, home):
    """As after an upgrade: the report is there, and what live predictions are compared with is not."""
    name, _page = watch("same")
    [reference] = (home / "monitoring" / "flight_delay").iterdir()
    before = reference.read_bytes()
    reference.unlink()
    assert watch("same")[0] == name
    assert reference.read_bytes() == before


def test_report_whose_page_is_gone_takes_the_place_of_the_old_one(watch, home):
    """A kill after the workspace had the report and before its page was written."""
    name, _page = watch("same")
    for page in (home / "reports" / "flight_delay").iterdir():
        page.unlink()
    assert watch("same")[0] == name
    [project] = workspace(home).list_projects()
    assert len(list(workspace(home).list_runs(project.id))) == 1
    assert [path.suffix for path in (home / "reports" / "flight_delay").iterdir()] == [".html"]


@pytest.mark.parametrize("cut_off", ["*/snapshots/*.json", "*/metadata.json"])
def test_file_that_was_cut_off_ends_no_other_report(watch, home, caplog, cut_off):
    """As a full disk or a kill leaves it: Evidently writes in place."""
    watch("same")
    [path] = (home / "evidently").glob(cut_off)
    path.write_bytes(path.read_bytes()[:-100])
    name, _page = watch("same", version="2")
    [project] = workspace(home).list_projects()
    assert [workspace(home).get_run(project.id, run).name for run in workspace(home).list_runs(project.id)] == [name]
    assert "was not written to its end" in caplog.text


def test_looks_at_the_past_are_plotted_beside_the_report_of_the_training(watch, home, parts):
    """Evidently sorts all by time, and cannot where some times have a zone and some have none."""
    from evidently.ui.service.base import SeriesFilter
    from evidently.ui.service.storage.local.base import InMemoryDataStorage

    rows = pd.read_parquet(parts / "same" / "flights.parquet")[["late", "temp"]].astype({"late": int})
    rows["probability"] = 1 / (1 + np.exp(-rows["temp"]))
    outcome, day = Outcome(kind="binary", target="late", prediction="probability"), datetime(2013, 10, 1, tzinfo=UTC)
    watch("same")
    look = reports.compare("look", rows, rows, at=day).run
    performance = reports.performance("labels", rows, outcome, day)
    evidently.add("flight_delay", task.TITLE, {"look": look, "labels": performance}, "binary")

    [project] = workspace(home).list_projects()
    wanted = [SeriesFilter(tags=[], metadata={}, metric="*", metric_labels={})]
    storage = InMemoryDataStorage(str(home / "evidently"))
    plotted = asyncio.run(storage.get_data_series(project.id, wanted, None, None))
    assert [source.timestamp.replace(tzinfo=None) for source in plotted.sources][:2] == [day.replace(tzinfo=None)] * 2
    assert len(plotted.sources) == 3
