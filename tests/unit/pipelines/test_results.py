"""The figures of a README, or of STUDIES.md next to it, are those of the results files, for every capstone."""

import json
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from capstan import catalogue

PARAMETERS = [
    pytest.param(file, marks=pytest.mark.capstone(name), id=f"{name}-{file.stem}")
    for name in catalogue.names()
    for file in sorted(catalogue.folder(name).rglob("*.json"))
    if not {"tests", "studies"} & set(file.parts[len(catalogue.folder(name).parts) :])
]


def has_tables(results: Path) -> bool:
    """Return whether a study makes tables; where it makes none, its README quotes it in sentences."""
    return "\ndef tables(" in results.with_suffix(".py").read_text()


@pytest.fixture(params=PARAMETERS)
def results(request: pytest.FixtureRequest) -> Path:
    """Each file of results."""
    return request.param


def module(results: Path) -> str:
    """Return the module that writes a file of results."""
    parts = results.with_suffix("").parts
    return ".".join(parts[parts.index("pipelines") :])


def written(results: Path) -> list[str]:
    """Return the lines of what is written about the results: of the README, and of the studies next to it."""
    folder = next(parent for parent in results.parents if (parent / "task.py").is_file())
    files = [folder / "README.md", folder / "STUDIES.md"]
    return [line for file in files if file.exists() for line in file.read_text().splitlines()]


def test_readme_names_the_command_that_measures_them(results):
    assert results.with_suffix(".py").is_file()
    text = " ".join(" ".join(written(results)).split())
    assert f"python -m {module(results)}" in text


@pytest.mark.parametrize("results", [one for one in PARAMETERS if has_tables(one.values[0])], indirect=True)
def test_tables_of_the_readme_are_those_of_the_results(results):
    study = import_module(module(results))
    readme = "\n".join(line.strip() for line in written(results))
    for table in study.tables(pd.DataFrame(json.loads(results.read_text()))).split("\n\n"):
        assert f"\n{table.strip()}\n\n" in readme
