"""Runs are stopped, also one whose Workflow was deleted."""

import pytest

from capstan.errors import CapstanError
from cluster import stopping
from cluster.run_records import RunRecords
from tests.support.cluster_api import Fate


def under_way(there):
    """Return what lists the runs that Kubeflow Pipelines calls RUNNING and still has."""

    def ids():
        names = {f"run-{number}": run for number, run in enumerate(there.runs, 1)}
        return [name for name, run in names.items() if run.state == "RUNNING" and name not in there.deleted]

    return ids


def test_runs_are_stopped_and_one_without_a_workflow_is_deleted(cluster):
    with cluster() as there, RunRecords(there.url) as runs:
        there.runs = [Fate("SUCCEEDED"), Fate("RUNNING"), Fate("RUNNING", workflow=False)]
        stopped = stopping.stop(runs, under_way(there))
    assert (there.stopped, there.deleted) == (["run-2"], ["run-3"])
    assert stopped == ["the run run-2", "the run run-3, with its record, because its Workflow was deleted"]


def test_run_is_not_deleted_while_kubernetes_does_not_answer(cluster, tmp_path):
    with cluster() as there, RunRecords(there.url) as runs:
        text = (tmp_path / "kubeconfig").read_text()
        (tmp_path / "kubeconfig").write_text(text.replace(there.url, "http://127.0.0.1:1"))
        there.runs = [Fate("RUNNING", workflow=False)]
        assert stopping.stop(runs, under_way(there)) == ["the run run-1"]
    assert there.deleted == []


def test_run_that_goes_on_is_an_error(cluster, monkeypatch):
    monkeypatch.setattr(stopping, "SECONDS", 0.5)
    with cluster() as there, RunRecords(there.url) as runs:
        there.runs = [Fate("RUNNING")]
        with pytest.raises(CapstanError, match=r"The run run-1 has not ended after 0\.5 s"):
            stopping.stop(runs, lambda: ["run-1"])
    assert there.stopped == ["run-1"]


def test_nothing_under_way_is_nothing_stopped(cluster):
    with cluster() as there, RunRecords(there.url) as runs:
        assert stopping.stop(runs, under_way(there)) == []
