"""A log that does not fit into memory: counted piece by piece, here or by Ray, its checks are those of all at once."""

import dataclasses
import math
import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType

import numpy as np
import orjson
import pandas as pd
import pytest

from capstan import catalogue
from capstan.contract.capstone import capstone_of
from capstan.settings import ROOT, settings
from monitoring import checks_run, drift_report, json_signals, live_checks, live_log, log_counts, references, signals
from monitoring.live_log import SAMPLE, LiveLog
from predictions import labelled
from predictions.pieces import Wanted, groups, pieces
from tests.support import live

NOW, HOURS, ROWS = datetime.now(UTC), 24 * 7, 12_000


@pytest.fixture
def task(home, monkeypatch) -> Iterator:
    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(ROOT / "tests" / "capstones"))
    settings.cache_clear()
    live.write(home, ROWS, NOW)
    yield catalogue.load(live.NAME)
    settings.cache_clear()


@pytest.fixture
def small(monkeypatch) -> None:
    """A monitoring run that holds few predictions, and fewer as Python's values."""
    monkeypatch.setattr(log_counts, "PARSED", 200)
    monkeypatch.setattr(live_log, "MEMORY_ROWS", 1500)


def look(task):
    against = references.reference(live.NAME, task, live.VERSION)
    return checks_run.check(live.NAME, task, against, NOW, LiveLog(live.NAME, task, NOW, HOURS))


def test_checks_of_pieces_are_those_of_all_predictions(task, small, monkeypatch):
    in_pieces = look(task)
    assert not LiveLog(live.NAME, task, NOW, HOURS).is_whole
    monkeypatch.setattr(live_log, "MEMORY_ROWS", ROWS)
    assert LiveLog(live.NAME, task, NOW, HOURS).is_whole
    whole = look(task)
    assert (in_pieces.predictions, in_pieces.labels) == (whole.predictions, whole.labels)
    assert in_pieces.predictions > ROWS * 0.9 and in_pieces.labels > ROWS * 0.7
    same_checks(in_pieces.checks, whole.checks)


def test_capstone_without_contract_and_labels_is_checked_for_the_rest(task):
    left_out = {"contracts", "CONTRACT_LIMIT", "Actual"}
    source = vars(sys.modules[f"pipelines.{live.NAME}.task"])
    module = ModuleType("bare")
    vars(module).update({name: value for name, value in source.items() if name not in left_out})
    bare = capstone_of(live.NAME, module)
    assert not {"contract", "labels"} & bare.capabilities
    with_both, found = look(task), look(bare)
    assert found.predictions == with_both.predictions
    assert found.checks == [check for check in with_both.checks if check.name != "contract"]


@pytest.fixture
def ended_ray() -> Iterator[None]:
    """Ray, which would go on with the process."""
    import ray

    yield
    ray.shutdown()


@pytest.mark.slow
def test_ray_counts_the_same_also_when_a_worker_is_killed(task, small, ended_ray, monkeypatch, tmp_path):
    here = look(task)
    monkeypatch.setenv("CAPSTAN_ENGINE", "ray")
    settings.cache_clear()
    monkeypatch.setattr(log_counts, "count", killed_once(tmp_path / "killed", log_counts.count))
    there = look(task)
    assert (tmp_path / "killed").exists()
    assert here == there


def killed_once(mark, function):
    """Return a function that ends its process at the first call of all."""

    def call(*arguments):
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments)

    return call


def test_every_prediction_lies_in_one_piece(task):
    wanted = Wanted(NOW - timedelta(days=90), NOW)
    parts = pieces(live.NAME, groups(live.NAME, wanted), 700)
    assert len(parts) > 5 and sum(piece.rows for piece in parts) == ROWS
    log = labelled(live.NAME, known_by=NOW, also_unlabelled=True)
    counts = np.zeros(len(log), int)
    for piece in parts:
        inside = (log["time"] >= piece.start) & (log["time"] < piece.end)
        assert all(piece.has(day) for day in log["time"][inside].dt.strftime("%Y-%m-%d").unique())
        counts += inside
    assert (counts == 1).all()


def test_footers_leave_out_what_nobody_wants(task):
    week = Wanted(NOW - timedelta(days=40), NOW - timedelta(days=33))
    rows = sum(group.rows for group in groups(live.NAME, week))
    assert ROWS * 7 / 60 < rows < ROWS * 0.6


@pytest.mark.slow
def test_reports_and_intervals_come_from_a_sample(task, small, monkeypatch):
    monkeypatch.setattr("monitoring.live_log.SAMPLE", 2_000)
    log = LiveLog(live.NAME, task, NOW, HOURS)
    rows, count = log.recent(live.VERSION)
    assert count == pytest.approx(ROWS * 7 / 60, abs=2) and len(rows) == count  # fewer than a sample
    known = log.labelled(live.VERSION)
    assert 1_800 < len(known) < 2_200 < ROWS * 28 / 60 * 0.8
    assert known["label"].notna().all() and known["prediction_id"].is_unique
    again = LiveLog(live.NAME, task, NOW, HOURS).labelled(live.VERSION)
    assert list(again["prediction_id"]) == list(known["prediction_id"])
    whole = labelled(live.NAME, NOW - timedelta(days=28), NOW, NOW).set_index("prediction_id")
    sampled = known.set_index("prediction_id")
    for column in ("inputs", "prediction", "label"):
        assert sampled[column].equals(whole.loc[sampled.index, column])
    report = drift_report.report_drift(live.NAME, HOURS, "run", NOW, live.VERSION, log)
    assert report.counts["predictions"] == count and report.page
    against = references.reference(live.NAME, task, live.VERSION)
    assert {check.name for check in live_checks.measured(task, against, log)} == {"mae", "calibration"}
    assert SAMPLE >= signals.SAMPLE_ROWS


def test_signals_from_json_are_those_of_the_records():
    """Also a name in two parts, one with null, one that is missing, a text in the place of a number, a nested value."""
    reference = pd.DataFrame(
        {"a": [1.0], "b": ["x"], "c": [True], "d": [0.5], "nowhere": [1.0], "empty": [2.0], "quo'te \"d": ["y"]}
    )
    records = [
        ({"a": 1, "b": "in", "c": True, "empty": None}, {"b": None}, {"d": 0.25}),
        ({"a": 2.5, "b": "in", "c": False, "empty": None}, {"b": "out"}, {"d": None}),
        ({"a": "7", "b": "only", "c": None, "more": [1, {"x": 2}]}, {}, {"d": 1e-7, "quo'te \"d": "it's\n\u00e9"}),
    ] * 3
    names = json_signals.PARTS
    log = pd.DataFrame({name: [record[place] for record in records] for place, name in enumerate(names)})
    text = pd.DataFrame({name: [orjson.dumps(value).decode() for value in log[name]] for name in names})
    import pyarrow as pa

    class Plain:
        live_signals = None

    expected = signals.of_predictions(Plain(), log, reference, lambda: None)
    read = json_signals.of_json(pa.Table.from_pandas(text), reference).to_pandas()
    assert list(read) == list(expected) == ["a", "b", "c", "d", "empty", "quo'te \"d"]
    for name in expected:
        pd.testing.assert_series_equal(read[name].fillna(np.nan), expected[name].fillna(np.nan), check_dtype=False)


def same_checks(some, others) -> None:
    """Sums of many numbers differ by rounding."""
    assert [(check.name, check.signal, check.verdict, check.since) for check in some] == [
        (check.name, check.signal, check.verdict, check.since) for check in others
    ]
    for check, twin in zip(some, others, strict=True):
        for mine, its in zip(dataclasses.astuple(check), dataclasses.astuple(twin), strict=True):
            if isinstance(mine, float) and isinstance(its, float):
                assert math.isclose(mine, its, rel_tol=1e-9, abs_tol=1e-12)
