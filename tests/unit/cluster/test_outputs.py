"""The outputs of a run, from what its steps wrote."""

from cluster.metadata import Artifact, Execution
from cluster.outputs import Output, collect


def source(task, output, kind="Parameter"):
    return {"producerSubtask": task, f"output{kind}Key": output}


def one(task, output):
    return {"valueFromParameter": source(task, output)}


ROOT = {
    "outputDefinitions": {
        "parameters": {name: {"parameterType": kind} for name, kind in {
            "verdict": "STRING", "rows": "NUMBER_INTEGER", "either": "STRING", "deep": "STRING", "skipped": "STRING",
        }.items()},
        "artifacts": {"scores": {}, "lost": {}},
    },
    "dag": {
        "tasks": {name: {"componentRef": {"name": f"comp-{name}"}} for name in ("gate", "if", "else", "evaluate")},
        "outputs": {
            "parameters": {
                "verdict": one("gate", "Output"),
                "rows": one("gate", "rows"),
                "either": {"valueFromOneof": {"parameterSelectors": [source("else", "out"), source("if", "out")]}},
                "deep": one("if", "out"),
                "skipped": one("else", "out"),
            },
            "artifacts": {
                "scores": {"artifactSelectors": [source("evaluate", "metrics", "Artifact")]},
                "lost": {"artifactSelectors": [source("evaluate", "nosuch", "Artifact")]},
            },
        },
    },
}  # fmt: skip
GROUP = {
    "dag": {
        "tasks": {"step": {"componentRef": {"name": "comp-step"}}},
        "outputs": {"parameters": {"out": one("step", "Output")}},
    }
}
LEAF = {"executorLabel": "x"}
COMPONENTS = {"comp-gate": LEAF, "comp-evaluate": LEAF, "comp-step": LEAF, "comp-if": GROUP, "comp-else": GROUP}
SPEC = {"root": ROOT, "components": COMPONENTS}


def execution(number, task, parent, dag=False, **outputs):
    return Execution(number, task, "complete", dag, parent, "", **outputs)


def test_outputs_by_name_and_those_of_skipped_steps_are_left_out():
    metadata = {"roc_auc": 0.7, "display_name": "metrics", "store_session_info": "{}"}
    metrics = Artifact("metrics", "minio://bucket/metrics", "system.Metrics", metadata)
    executions = [
        execution(1, "", 0, dag=True),
        execution(2, "gate", 1, parameters={"Output": "accepted", "rows": 3.0}),
        execution(3, "if", 1, dag=True),
        execution(4, "step", 3, parameters={"Output": "yes"}),
        execution(5, "else", 1, dag=True),
        execution(6, "evaluate", 1, artifacts={"metrics": metrics}),
    ]
    outputs = collect(SPEC, executions)
    scores = Output("system.Metrics", "minio://bucket/metrics", "s3://bucket/metrics", {"roc_auc": 0.7})
    assert outputs == {"verdict": "accepted", "rows": 3, "either": "yes", "deep": "yes", "scores": scores}
    assert isinstance(outputs["rows"], int)


def test_run_that_left_nothing_has_no_outputs():
    assert collect(SPEC, []) == {}
