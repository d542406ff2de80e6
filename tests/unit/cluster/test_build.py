"""What is built: the layers that a capstone's image stands on, each once, with the wheels that this machine has.

A script stands in for docker. tests/e2e builds the images.
"""

import json
import tomllib

import pytest

from capstan import image_names as images
from capstan.errors import CapstanError
from capstan.settings import ROOT, settings
from cluster import build
from cluster.options import keep

DOCKER = """#!/usr/bin/python3
import json, os, sys
from pathlib import Path
state, command = Path({state!r}), sys.argv[1:]
built = [json.loads(line) for line in state.read_text().splitlines()] if state.exists() else []
if command[0] == "images":
    print("id" if any(one["image"] == command[-1] for one in built) else "")
if command[:2] == ["image", "inspect"]:
    print(json.dumps(["elsewhere/capstan@sha256:1", f"{{os.environ['PUSHED_TO']}}@sha256:2"]))
if command[0] == "build":
    options = dict(part[2:].split("=", 1) for part in command if part.startswith("--") and "=" in part)
    arguments = dict(part.split("=", 2)[1:] for part in command if part.startswith("--build-arg="))
    excludes = Path(command[-1], "excludes.txt")
    excluded = excludes.read_text().split() if excludes.exists() else []
    files = sorted(str(path.relative_to(command[-1])) for path in Path(command[-1]).rglob("*") if path.is_file())
    one = {{"image": options["tag"], "file": Path(options["file"]).name, "arguments": arguments, "files": files}}
    one["excluded"] = excluded
    state.open("a").write(json.dumps(one) + "\\n")
"""


@pytest.fixture
def built(home, tmp_path, monkeypatch):
    """A function that returns what docker has built since the last call."""
    program, state = tmp_path / "bin" / "docker", tmp_path / "built"
    program.parent.mkdir()
    program.write_text(DOCKER.format(state=str(state)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("CAPSTAN_IMAGE", "registry.example.com/capstan")
    (wheels := tmp_path / "wheels").mkdir()
    for name in ("torch-2.13.0+cpu-cp311-none-any.whl", "torchvision-0.1-py3-none-any.whl"):
        (wheels / name).touch()
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    settings.cache_clear()
    seen = 0

    def new() -> list[dict]:
        nonlocal seen
        lines = state.read_text().splitlines() if state.exists() else []
        builds, seen = [json.loads(line) for line in lines[seen:]], len(lines)
        return builds

    yield new
    settings.cache_clear()


def test_layers_are_built_from_the_bottom_and_each_once(built):
    assert build.build("digits") == images.image("digits")
    first = built()
    assert [layer["file"] for layer in first] == [
        "base.Dockerfile", "family.Dockerfile", "family.Dockerfile", "core.Dockerfile", "capstone.Dockerfile",
    ]  # fmt: skip
    assert [layer["arguments"].get("PARENT", "") for layer in first] == ["", *(layer["image"] for layer in first[:-1])]
    assert first[-1]["arguments"]["IMAGE"] == first[-1]["image"] == images.image("digits")
    build.build("recommender")  # on torch as well
    assert [layer["image"].partition(":")[0] for layer in built()][:2] == ["capstan-tables", "capstan-core"]
    build.build("demand_forecast")  # on the same families
    assert [layer["file"] for layer in built()] == ["capstone.Dockerfile"]
    build.build("digits")
    assert built() == []


def test_core_has_no_family_and_no_capstone(built):
    assert build.build() == images.image()
    core = built()[-1]
    assert core["file"] == "core.Dockerfile" and core["image"] == images.image()
    assert "serving/page/index.html" in core["files"] and "graphs/road.py" in core["files"]
    assert not [name for name in core["files"] if name.startswith("pipelines/") and name.count("/") > 1]


def test_wheels_of_a_family_reach_its_layer_and_no_other(built):
    build.build("digits")
    wheels = {
        layer["image"].partition(":")[0]: [name for name in layer["files"] if name[-4:] == ".whl"] for layer in built()
    }
    assert wheels["capstan-torch"] == ["torch-2.13.0+cpu-cp311-none-any.whl"]
    assert sum(map(len, wheels.values())) == 1


def test_families_are_installed_without_what_a_checkout_excludes(built):
    build.build("digits")
    names = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["exclude-dependencies"]
    assert [layer["excluded"] for layer in built() if layer["file"] == "family.Dockerfile"] == [names, names]


def test_image_with_a_tag_is_not_built(built, monkeypatch):
    monkeypatch.setenv("CAPSTAN_IMAGE", "registry.example.com/churn:1")
    settings.cache_clear()
    assert build.build("flight_delay") == "registry.example.com/churn:1"
    assert built() == []


@pytest.mark.parametrize("there", ["registry.example.com/capstan", "another.example.com/capstan"])
def test_image_is_named_by_its_digest_too_where_that_is_asked_for(built, there, monkeypatch):
    monkeypatch.setenv("PUSHED_TO", there)
    image = images.image("digits")
    assert build.pinned(image) == image
    keep(image_digest=True)
    if there == "registry.example.com/capstan":
        assert build.pinned(image) == f"{image}@sha256:2" == build.pinned(f"{image}@sha256:2")
    else:
        with pytest.raises(CapstanError, match="no digest of a registry"):
            build.pinned(image)
