"""The figures of a README are those of the results file beside it, for every capstone."""

import json
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from capstan import catalogue

FILES = [file for name in catalogue.names() for file in sorted(catalogue.folder(name).glob("*.json"))]


PARAMETERS = [
    pytest.param(file, marks=pytest.mark.capstone(file.parent.name), id=f"{file.parent.name}-{file.stem}")
    for file in FILES
]


def has_tables(results: Path) -> bool:
    """Return whether a study makes tables; where it makes none, its README quotes it in sentences."""
    return "\ndef tables(" in results.with_suffix(".py").read_text()


@pytest.fixture(params=PARAMETERS)
def results(request: pytest.FixtureRequest) -> Path:
    """Each file of results."""
    return request.param


def test_readme_names_the_command_that_measures_them(results):
    assert results.with_suffix(".py").is_file()
    text = " ".join((results.parent / "README.md").read_text().split())
    module = f"pipelines.{results.parent.name}.{results.stem}"
    assert f"python -m {module}" in text


@pytest.mark.parametrize("results", [one for one in PARAMETERS if has_tables(one.values[0])], indirect=True)
def test_tables_of_the_readme_are_those_of_the_results(results):
    study = import_module(f"pipelines.{results.parent.name}.{results.stem}")
    readme = "\n".join(line.strip() for line in (results.parent / "README.md").read_text().splitlines())
    for table in study.tables(pd.DataFrame(json.loads(results.read_text()))).split("\n\n"):
        assert f"\n{table.strip()}\n\n" in readme
