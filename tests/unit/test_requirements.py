"""The lock holds every requirement of pyproject.toml, and what is installed comes from it."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from capstan import catalogue, families
from capstan.errors import CapstanError
from capstan.settings import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = [Requirement(line) for line in (ROOT / "requirements" / "all.lock").read_text().splitlines() if line[0] != "#"]


def locked(name: str) -> list[Version]:
    """Return the versions of a package in the lock that fit this machine."""
    here = [each for each in LOCK if canonicalize_name(each.name) == canonicalize_name(name)]
    fitting = [each for each in here if each.marker is None or each.marker.evaluate(default_environment())]
    return [Version(str(each.specifier).removeprefix("==")) for each in fitting]


@pytest.mark.parametrize("group", ["", *PROJECT["optional-dependencies"]])
def test_every_requirement_is_locked_to_a_version_that_fits(group):
    for line in PROJECT["optional-dependencies"][group] if group else PROJECT["dependencies"]:
        wanted = Requirement(line)
        versions = locked(wanted.name)
        assert versions and all(wanted.specifier.contains(version) for version in versions), f"{line}: run `make lock`"


def public(version: Version) -> Version:
    """Return a version without its local part, such as the `cpu` of 2.13.0+cpu."""
    return Version(version.public)


def test_lock_is_not_bound_to_a_build_or_a_machine():
    text = (ROOT / "requirements" / "all.lock").read_text()
    assert not re.search(r"\+cpu|\+cu|file:|https?:|--", text)


def test_what_is_installed_has_the_locked_version():
    installed = {canonicalize_name(each.metadata["Name"]): Version(each.version) for each in distributions()}
    wanted = {name: locked(name) for name in installed}
    wrong = [name for name, versions in wanted.items() if versions and public(installed[name]) not in versions]
    assert wrong == []
    assert sum(bool(versions) for versions in wanted.values()) > 200  # most of what is installed


def test_message_for_a_missing_family_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(families, "_installed", lambda package: package != "torch")
    with pytest.raises(CapstanError, match=r"and torch is not installed. Run `make install FAMILIES=torch,tables`"):
        families.require("demand_forecast")
    families.require("credit_risk")


def test_unknown_family_is_answered_with_the_known_ones():
    with pytest.raises(CapstanError, match=r"no family speech. It has: torch, tables, vision"):
        families.ordered(["torch", "speech"])


def test_there_are_at_most_eight_families_and_each_is_used():
    assert len(families.all_families()) <= 8
    used = {family for name in catalogue.names() for family in families.of(name)}
    assert used == families.all_families().keys()


def wheel(folder: Path, version: str) -> None:
    """Write a package that holds nothing."""
    info = f"thing-{version}.dist-info"
    with ZipFile(folder / f"thing-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: thing\nVersion: {version}\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")


def test_families_that_exclude_each_other_get_locks_of_their_own(tmp_path):
    (tmp_path / "requirements").mkdir()
    for version in ("1.0", "2.0"):
        wheel(tmp_path, version)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "made"\nversion = "1"\nrequires-python = ">=3.11"\n[project.optional-dependencies]\n'
        'old = ["thing<2"]\nnew = ["thing>=2"]\nany = ["thing"]\n'
    )
    command = [sys.executable, str(ROOT / "scripts" / "lock"), "--folder", str(tmp_path)]
    done = subprocess.run([*command, "--no-index", f"--find-links={tmp_path}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The families old and new exclude each other")
    locks = {path.stem: path.read_text().splitlines()[-1] for path in (tmp_path / "requirements").iterdir()}
    assert locks == {"all": "thing==2.0", "old": "thing==1.0", "new": "thing==2.0"}
    own = [families.lock(names, tmp_path / "requirements").stem for names in ((), ("any",), ("any", "old"))]
    assert own == ["all", "all", "old"]
    with pytest.raises(CapstanError, match="old and new exclude each other"):
        families.lock(("old", "new"), tmp_path / "requirements")


def test_what_the_project_leaves_out_is_not_in_the_lock(tmp_path):
    (tmp_path / "requirements").mkdir()
    wheel(tmp_path, "1.0")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "made"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["thing", "missing"]\n'
        '[tool.uv]\nexclude-dependencies = ["missing"]\n'
    )
    command = [sys.executable, str(ROOT / "scripts" / "lock"), "--folder", str(tmp_path)]
    done = subprocess.run([*command, "--no-index", f"--find-links={tmp_path}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "requirements" / "all.lock").read_text().splitlines()[-1] == "thing==1.0"
