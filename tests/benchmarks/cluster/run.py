"""`flight_delay` on the cluster from submit to served: first with an empty cache, then again; step by step."""

import tempfile
from pathlib import Path

from tests.benchmarks import figures
from tests.benchmarks.cluster import checkout, need, pods, submission, timeline
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE
from tests.e2e.services import Services

SERVED = "deploy"  # it ends when the endpoint has answered with the version
KFP = [part for part in timeline.PARTS if part != "own"]
GOALS = {"empty": "under 210 s", "cached": "under 105 s"}
TITLES = {"empty": "empty cache", "cached": "the same again, cached"}

TEXT = """
Compiled with `kfp dsl compile` and submitted with `kfp run create`, which is the beginning. Served: the step `deploy`
has asked the endpoint and the new version answered; `baseline-report` runs next to it. For the empty cache, the
capstone's source was edited in a copy of this checkout, and `capstan cluster up` run from there: the image is new, so
no step is in the cache, the node pulls the layer of the code, the model becomes a new version, and `deploy` puts the
image into the endpoint's pod. Steps in bold waited for each other: they are the longest way to the served model, and
the line below adds them up. The parts are from the pods' times, which are whole seconds, and from the times in their
logs.

What was done to cut what Kubeflow Pipelines adds: eleven steps, and no more in a row than must be (`materialize`
next to `register`, `baseline-report` next to `deploy`); one image for all steps, which the node has, with its modules
compiled; settings as volumes, so that no step asks for them. Driver and launcher are as upstream has them."""


def rows() -> list[dict]:
    """Return the times of both runs, and the parts of each step."""
    need.cluster()
    lines: list[dict] = []
    argo = kube.get("deployment", "workflow-controller", namespace="kubeflow")["spec"]["template"]["spec"]
    variables = {item["name"]: item.get("value", "") for item in argo["containers"][0].get("env", [])}
    requeue = variables.get("DEFAULT_REQUEUE_TIME", "10s, the default")
    lines.append({"what": "Argo's `DEFAULT_REQUEUE_TIME`", "goal": "", "measured": requeue})
    with Services() as services, checkout.edited() as copy:
        services.wait_for_other_runs()
        if services.rollout()["challenger"]:
            kube.answer("rollback", CAPSTONE)
        checkout.up(copy)
        with tempfile.TemporaryDirectory(prefix="capstan-bench-") as folder:
            package = submission.compiled(kube.image(), Path(folder), copy)
            for name in TITLES:
                lines += _rows(name, submission.run(package, services.url("pipelines")))
    return lines


def table(lines: list[dict]) -> str:
    """Return the times, and the steps of each run, as Markdown, with what they mean."""
    text = figures.table([line for line in lines if "what" in line])
    for name, title in TITLES.items():
        steps = timeline.table([line for line in lines if line.get("run") == name])
        text += f"\n\n{title.capitalize()}:\n\n{steps}"
    return f"{text}\n{TEXT}"


def _rows(name: str, run: submission.Run) -> list[dict]:
    tasks = pods.tasks(run.run_id)
    [deploy] = [task for task in tasks if task.name == SERVED]
    assert deploy.executor, f"the step {SERVED} came from the cache"
    steps = timeline.rows(tasks, SERVED, run.accepted)
    way = [row for row in steps if row["way"]]
    own, kfp = (sum(row.get(part, 0.0) for row in way for part in parts) for parts in (["own"], KFP))
    title = TITLES[name]
    times = [
        ("from submit to served", deploy.executor.wrote - run.submitted, GOALS[name]),
        ("of it the command `kfp run create`", run.accepted - run.submitted, ""),
        ("of it the steps' own work", own, ""),
        ("of it Kubeflow Pipelines and Kubernetes", kfp - deploy.executor.ended + deploy.executor.wrote, ""),
        ("from submit to the end of the run", run.ended - run.submitted, ""),
    ]
    measured = [{"what": f"{title}: {what}", "goal": goal, "measured": f"{value:.0f} s"} for what, value, goal in times]
    executed = sum(task.executor is not None for task in tasks)
    measured += [{"what": f"{title}: steps that ran", "goal": "", "measured": f"{executed}"}]
    return measured + [{"run": name} | row for row in steps]
