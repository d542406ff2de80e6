"""The lock holds every requirement of pyproject.toml, and what is installed comes from it."""

import re
import tomllib
from importlib.metadata import distributions

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from capstan import extras
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
        found = locked(wanted.name)
        assert found and all(wanted.specifier.contains(version) for version in found), f"{line}: run `make lock`"


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


def test_message_for_a_missing_extra_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(extras, "_installed", lambda package: False)
    with pytest.raises(CapstanError, match="Run `make install EXTRAS=torch`"):
        extras.require("torch", "made")
