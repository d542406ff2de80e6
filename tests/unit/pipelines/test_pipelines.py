"""What holds for the pipeline of every capstone, so that it is fit for a cluster."""

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from capstan import catalogue
from capstan.image_names import image
from capstan.settings import ROOT

from .conftest import EXAMPLES

NAMES = sorted(path.parent.name for folder in (catalogue.PIPELINES, EXAMPLES) for path in folder.glob("*/task.py"))
SIDE_EFFECTS = {
    "compare-data",
    "gate",
    "register",
    "materialize",
    "deploy",
    "baseline-report",
}  # these steps act outside the run


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """The name of each capstone in turn."""
    return request.param


@pytest.fixture
def text(name, compile_pipeline) -> str:
    """The YAML of its pipeline."""
    return compile_pipeline(name)


@pytest.fixture
def spec(text) -> dict[str, Any]:
    """The pipeline's specification, without the settings of a platform."""
    return parse(text)


@cache
def parse(text: str) -> dict[str, Any]:
    """Return the document of some YAML that holds a pipeline's specification."""
    return next(part for part in yaml.load_all(text, yaml.CSafeLoader) if "deploymentSpec" in part)


def containers(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the container of each executor."""
    return {name: entry["container"] for name, entry in spec["deploymentSpec"]["executors"].items()}


def steps(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each task of the graph and of its conditions, by name."""
    for part in [spec["root"], *spec["components"].values()]:
        yield from part.get("dag", {}).get("tasks", {}).items()


def test_the_capstones_of_the_tests_are_among_them():
    assert {"flight_delay", "house_sale", "artwork_title"} <= set(catalogue.names()) == set(NAMES)


def test_every_step_runs_our_image(name, spec):
    assert len(containers(spec)) >= 5
    for step, container in containers(spec).items():
        assert container["image"] == image(name), step


def test_every_step_states_its_resources(spec):
    for step, container in containers(spec).items():
        for what in ("CpuRequest", "CpuLimit", "MemoryRequest", "MemoryLimit"):
            assert container.get("resources", {}).get(f"resource{what}"), f"{step} sets no {what}"


def test_a_step_that_acts_outside_the_run_is_never_cached(spec):
    caching = {step: task.get("cachingOptions", {}).get("enableCache", False) for step, task in steps(spec)}
    assert {step: cached for step, cached in caching.items() if step in SIDE_EFFECTS and cached} == {}
    assert {"gate", "register"} <= caching.keys()
    assert caching["train"]


def test_no_step_installs_packages_when_it_starts(text):
    for phrase in ("pip install", "pip3 install", "packages_to_install", "ensurepip", "pip_index_url"):
        assert phrase not in text


def test_no_path_of_this_machine_is_in_the_yaml(text):
    for path in (str(ROOT), str(Path.home()) + "/", sys.prefix):
        assert path not in text
