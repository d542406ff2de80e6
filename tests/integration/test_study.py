"""A study in MLflow: a run with a child for each case and seed, also after a kill."""

import os

from capstan.settings import settings
from capstan.study.tracking import CHILD
from tests.integration.conftest import capstan
from tests.unit.capstan.study.conftest import studied

__all__ = ["studied"]


def test_a_study_is_a_run_with_a_child_for_each_case_and_seed(up, studied):
    import mlflow

    mlflow.set_tracking_uri(settings().tracking_uri)
    folder = os.environ["CAPSTAN_CAPSTONES"]
    killed = capstan("study", "made", "factors", CAPSTAN_CAPSTONES=folder, DIE_AFTER="3")
    assert killed.returncode == -9
    done = capstan("study", "made", "factors", CAPSTAN_CAPSTONES=folder)
    assert done.returncode == 0, done.stderr
    runs = mlflow.search_runs(experiment_names=["made-studies"])
    [parent] = runs[runs["tags.study"] == "factors"].to_dict("records")
    assert parent["status"] == "FINISHED"
    children = runs[runs[f"tags.{CHILD}"] == parent["run_id"]]
    assert len(children) == 5 and set(children["status"]) == {"FINISHED"}
    found = mlflow.search_runs(experiment_names=["made-studies"], filter_string="params.factor = '3'")
    assert sorted(found["metrics.product"]) == [3.0, 6.0]
