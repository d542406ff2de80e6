"""Compiled pipelines for a shared cluster: what each setting adds to the steps, and nothing without it."""

import pytest
import yaml
from google.protobuf import json_format
from kfp import compiler, dsl, kubernetes
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec

from capstan import catalogue
from capstan.contract.resources import GPU
from capstan.settings import settings
from cluster import package
from cluster.scheduling_file import scheduling

TOLERATIONS = [
    {"key": "team", "operator": "Equal", "value": "a", "effect": "NoSchedule"},
    {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
]
QUEUE_LABELS = {"kueue.x-k8s.io/queue-name": "team-a", "kueue.x-k8s.io/priority-class": "nightly"}
ALL = {
    "queue": "team-a",
    "queue_priority": "nightly",
    "node_selector": {"pool": "team-a", "zone": "a"},
    "tolerations": TOLERATIONS,
    "gpu": {"resource": "nvidia.com/mig-1g.10gb", "node_selector": {"gpu": "h100"}},
}


@dsl.container_component
def count():
    return dsl.ContainerSpec(image="capstan:1", command=["true"])


@dsl.container_component
def learn():
    return dsl.ContainerSpec(image="capstan:1", command=["true"])


@dsl.container_component
def other():
    return dsl.ContainerSpec(image="capstan:1", command=["true"])


@dsl.pipeline(name="gpus")
def gpus():
    count()
    learning = learn().set_accelerator_type(GPU).set_accelerator_limit(2)
    kubernetes.add_toleration(learning, key=GPU, operator="Exists", effect="NoSchedule")
    kubernetes.add_node_selector(learning, "zone", "b")
    kubernetes.add_pod_label(learning, "capstan/capstone", "gpus")
    other().set_accelerator_type("amd.com/gpu").set_accelerator_limit(1)


@dsl.pipeline(name="bare")
def bare():
    count()


@dsl.pipeline(name="own")
def own():
    count().set_env_variable("CAPSTAN_SCHEDULING", "queue: urgent")


@pytest.fixture
def written(home, monkeypatch, tmp_path):
    """A function: the text of a pipeline's file with what CAPSTAN_SCHEDULING says."""

    def write(pipeline, **said):
        monkeypatch.setenv("CAPSTAN_SCHEDULING", yaml.safe_dump(said) if said else "")
        settings.cache_clear()
        package.write(pipeline, tmp_path / "pipeline.yaml")
        return (tmp_path / "pipeline.yaml").read_text()

    return write


def steps_of(text):
    """Return the accelerator of each step and the configuration of its pod, after kfp's own messages took both."""
    spec, platform = yaml.safe_load_all(text)
    json_format.ParseDict(spec, PipelineSpec())
    pods = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    for pod in pods.values():
        json_format.ParseDict(pod, KubernetesExecutorConfig())
    executors = spec["deploymentSpec"]["executors"]
    return {
        name.removeprefix("exec-"): (executor["container"].get("resources", {}).get("accelerator", {}), pods.get(name))
        for name, executor in executors.items()
    }


def environment_of(text, step):
    """Return the variables of a step."""
    executors = next(yaml.safe_load_all(text))["deploymentSpec"]["executors"]
    return {item["name"]: item["value"] for item in executors[f"exec-{step}"]["container"].get("env", [])}


@pytest.mark.parametrize("load", [lambda: gpus, lambda: bare, lambda: catalogue.load_pipeline("flight_delay")])
def test_without_settings_the_file_is_kfps(written, tmp_path, load):
    compiler.Compiler().compile(load(), str(tmp_path / "kfp.yaml"))
    assert written(load()) == (tmp_path / "kfp.yaml").read_text()


def test_steps_get_queue_nodes_and_tolerations(written):
    accelerator, pod = steps_of(written(bare, **ALL))["count"]
    assert not accelerator
    assert pod == {
        "podMetadata": {"labels": QUEUE_LABELS},
        "nodeSelector": {"labels": {"pool": "team-a", "zone": "a"}},
        "tolerations": TOLERATIONS,
    }


def test_step_with_a_gpu_asks_for_its_kind_and_what_the_pipeline_says_holds(written):
    steps = steps_of(written(gpus, **ALL))
    accelerator, pod = steps["learn"]
    assert accelerator["resourceType"] == accelerator["type"] == "nvidia.com/mig-1g.10gb"
    assert accelerator["resourceCount"] == "2"
    assert pod["nodeSelector"]["labels"] == {"pool": "team-a", "zone": "b", "gpu": "h100"}
    assert pod["podMetadata"]["labels"] == QUEUE_LABELS | {"capstan/capstone": "gpus"}
    assert pod["tolerations"] == [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}, *TOLERATIONS]
    assert steps["other"][0]["resourceType"] == "amd.com/gpu"


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        ("queue", "team-a", {"podMetadata"}),
        ("node_selector", ALL["node_selector"], {"nodeSelector"}),
        ("tolerations", ALL["tolerations"], {"tolerations"}),
        ("gpu", {"node_selector": {"gpu": "h100"}}, set()),  # the step has no GPU
        ("priority_class", "low", set()),
        ("ray", {"min_workers": 0}, set()),
    ],
)
def test_each_part_adds_its_part_alone_and_reaches_what_the_step_makes(written, name, value, parts):
    text = written(bare, **{name: value})
    assert steps_of(text)["count"][1].keys() == parts
    environment = environment_of(text, "count")
    assert environment.keys() == {"CAPSTAN_SCHEDULING"}
    assert yaml.safe_load(environment["CAPSTAN_SCHEDULING"]) == {name: value}


def test_what_a_step_makes_gets_the_settings_of_its_run(written, monkeypatch):
    """A team's own queue reaches the training job although the ConfigMap in the step's pod names another."""
    environment = environment_of(written(bare, **ALL), "count")
    submitted = scheduling()
    monkeypatch.setenv("CAPSTAN_SCHEDULING", "queue: another")
    settings.cache_clear()
    assert scheduling().queue == "another"
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    assert scheduling() == submitted and scheduling().tolerations


def test_variable_that_a_pipeline_sets_holds(written):
    assert environment_of(written(own, **ALL), "count")["CAPSTAN_SCHEDULING"] == "queue: urgent"


def test_kind_of_gpu_alone_changes_no_other_step(written):
    before = steps_of(written(gpus))
    after = steps_of(written(gpus, gpu={"resource": "nvidia.com/mig-1g.10gb"}))
    assert after["learn"][0] != before["learn"][0]
    assert all((after[name][1] or {}) == (before[name][1] or {}) for name in before)


def test_every_step_of_the_flagship_waits_in_the_queue_and_keeps_what_it_had(written):
    pipeline = catalogue.load_pipeline("flight_delay")
    before, after = steps_of(written(pipeline)), steps_of(written(pipeline, queue="team-a"))
    assert before.keys() == after.keys() and len(after) > 8
    queue = {"kueue.x-k8s.io/queue-name": "team-a"}
    for name, (accelerator, pod) in before.items():
        labels = pod["podMetadata"]["labels"] | queue
        assert after[name] == (accelerator, pod | {"podMetadata": {"labels": labels}})
