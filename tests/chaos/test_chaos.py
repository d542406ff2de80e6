"""Strike a part of the cluster in the middle of a run, under load. The page docs/chaos.md describes what happened."""

import subprocess
import time
from collections import Counter
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

import pytest

from cluster.access import connect
from predictions import read
from tests.chaos import report
from tests.chaos.load import answers, clients
from tests.chaos.targets import nodes
from tests.e2e import kube
from tests.e2e.background_run import Run
from tests.e2e.endpoint import CAPSTONE
from tests.e2e.services import Services

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(2400)]
BACK_SECONDS, KEPT_SECONDS = 600, 180
END_SECONDS = 5  # in which a pod that was deleted with a second to end may still answer
NO_NAME = "name resolution"  # what the system says when DNS does not answer
# What a run that fails must say: which step or pod failed, or what no longer answers.
REASONS = ("Step ", "The pod ", "no longer answers", "does not answer", "did not take the run")


@pytest.fixture(autouse=True)
def everything_runs():
    """Wait for what the test before has struck, and for the end of its run."""
    kube.wait_until(_all_ready, BACK_SECONDS, "every service ready and no run under way")
    with Services() as services:
        if services.rollout()["challenger"]:  # of tests that were stopped
            kube.answer("rollback", CAPSTONE)


def test_run_ends_and_no_prediction_is_lost(target):
    there = len(nodes())
    if there < target.nodes:
        pytest.skip(f"{target.title}: the cluster has {there} nodes, and this needs {target.nodes}")
    began = datetime.now(UTC)
    with ExitStack() as stack:
        stack.enter_context(clients())
        asked = time.time()
        run = stack.enter_context(Run(*target.options))
        run.wait_for(target.after)
        struck, started = time.time(), time.monotonic()
        back = target.strike()
        kube.wait_until(lambda: _true(back), BACK_SECONDS, f"{target.title} ready")
        seconds = time.monotonic() - started
        succeeded, outcome = run.result()
        kube.wait_until(lambda: _answers_since(time.time() - 3), BACK_SECONDS, "an answer of the endpoint")
        told = answers()
    lost = _lost(told.ids, began)
    silence, unanswered = f"{told.silence(struck):.1f} s", told.unanswered(asked)
    names = sum(NO_NAME in why for why in unanswered)
    counts = f"{len(told.ids):,}", f"{len(unanswered)} ({names})" if names else len(unanswered), len(lost)
    report.write(target.title, target.how, there, target.after, outcome, silence, f"{seconds:.1f} s", *counts)
    print(f"{target.title}: requests without a prediction: {Counter(unanswered) or 'none'}")
    excused = (struck - target.may_lose, struck + END_SECONDS) if there > 1 and target.may_lose else (0, 0)
    lost = {id_ for id_ in lost if not excused[0] < told.when(id_) < excused[1]}
    assert not lost, f"{len(lost)} of {len(told.ids)} predictions are lost: {lost}"
    assert succeeded or any(reason in outcome for reason in REASONS), outcome


def _answers_since(instant):
    return any(time > instant for time in answers().times)


def _lost(ids, since):
    """Return the ids that are not in the object store. Servers move their files there about every 30 seconds."""
    missing, end = set(ids), time.monotonic() + KEPT_SECONDS
    with connect("CAPSTAN_S3_ENDPOINT"):
        while missing and time.monotonic() < end:
            missing -= set(read(CAPSTONE, since)["prediction_id"])
            time.sleep(5 if missing else 0)
    return missing


def _true(condition):
    """Return whether a condition holds. A cluster that does not answer is no reason to stop asking."""
    with suppress(kube.KubectlError, subprocess.TimeoutExpired):
        return condition()
    return False


def _all_ready():
    def settled():
        items = [item for space in ("capstan", "kubeflow") for item in kube.get("deploy,sts", namespace=space)["items"]]
        ready = all(item["status"].get("readyReplicas", 0) >= item["spec"]["replicas"] for item in items)
        under_way = kube.get("workflows", selector="workflows.argoproj.io/completed!=true", namespace="kubeflow")
        return ready and bool(items) and not under_way["items"]

    return _true(settled)
