"""What is built: the variants of the image that were asked for, with the wheels that this machine has for them.

A script stands in for docker. tests/e2e builds the images.
"""

import pytest

from capstan import images
from capstan.cluster import build


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """Make a `docker` that runs a line of shell."""

    def make(line: str) -> None:
        program = tmp_path / "bin" / "docker"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    return make


def test_variants_that_were_built_once_are_known(docker):
    docker("printf '%s\\n' 0.2.0-0123456789abcdef 0.2.0-0123456789abcdef-torch 0.1.0-fedcba9876543210-gone '<none>'")
    assert build.extras() == {"torch"}


def test_wheels_of_an_extra_reach_its_build_and_no_others(docker, tmp_path, monkeypatch):
    (folder := tmp_path / "wheels").mkdir()
    for name in ("torch-2.13.0+cpu-cp311-none-any.whl", "torchvision-0.1-py3-none-any.whl"):
        (folder / name).touch()
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    seen = tmp_path / "seen"
    docker(f'if [ "$1" = build ]; then ls {build.WHEELS}/torch > {seen}; echo "$@" >> {seen}; fi')
    assert build.build("torch") == images.image("torch")
    wheels, command = seen.read_text().splitlines()
    assert wheels == "torch-2.13.0+cpu-cp311-none-any.whl" and "--build-arg=EXTRA=torch" in command
    assert not build.WHEELS.exists()
