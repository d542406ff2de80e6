"""Versions that were accepted before, measured on the rows that a candidate is measured on, each once."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from capstan.contract.capstone import Capstone
from capstan.contract.evaluation import Evaluation
from capstan.data.files import digest, read_tables
from capstan.errors import CapstanError
from capstan.versions import registry, runs
from capstan.versions.best import UNITS, last_accepted
from capstan.versions.registry import ModelVersion
from components.evaluate import units as by_unit


class Measured(NamedTuple):
    """What a version is worth on these rows, or why that is not known."""

    evaluation: Evaluation | None
    why: str = ""


class Earlier:
    """The versions of a capstone. test: the folder of the tables that a candidate of `digest` was measured on."""

    def __init__(self, task: Capstone, test: str, digest: str):
        self._task, self._test, self._digest = task, test, digest
        self._versions = registry.versions(task.name)
        self._measured: dict[str, Measured] = {}

    def version(self, number: str) -> ModelVersion | None:
        """Return the version of a number, or None."""
        return next((version for version in self._versions if version.version == number), None)

    def is_candidate(self, version: ModelVersion) -> bool:
        """Return whether a version came from the same rows, code and parameters as the candidate."""
        return version.tags.get("digest") == self._digest

    @property
    def others(self) -> list[ModelVersion]:
        """The versions that are not the candidate's, the newest first."""
        return [version for version in self._versions if not self.is_candidate(version)]

    @property
    def last(self) -> ModelVersion | None:
        """The last other version that was accepted, and was not retired."""
        return last_accepted(self.others)

    def measure(self, version: ModelVersion) -> Measured:
        """Return what a version is worth on the tables."""
        if version.version not in self._measured:
            self._measured[version.version] = self._measure(version.version)
        return self._measured[version.version]

    def units(self, version: ModelVersion) -> pd.DataFrame | str:
        """Return the metrics of a version by unit, those of its own run where it cannot be measured; or why not."""
        measured = self.measure(version)
        if measured.evaluation is not None and measured.evaluation.units is not None:
            return measured.evaluation.units
        if version.tags.get("test_digest") != digest(Path(self._test)):
            return f"it {measured.why or 'has no units now'}, and it was judged on other rows"
        with tempfile.TemporaryDirectory(prefix="capstan-") as folder:
            try:
                runs.download(version.run_id, UNITS, folder)
            except CapstanError as error:
                return f"it {measured.why}, and what was stored with it is gone: {error}"
            stored = by_unit.read(f"{folder}/{UNITS}").model
        return stored if stored is not None else f"it {measured.why}"

    def _measure(self, number: str) -> Measured:
        name = self._task.name
        try:
            model = registry.load_version(name, number).model
        except CapstanError as error:
            return Measured(None, f"cannot be loaded: {error}")
        try:
            return Measured(self._task.evaluate(model, read_tables(self._test)))
        except Exception as error:  # for example, an older model may need other inputs
            return Measured(None, f"cannot be measured on these tables ({type(error).__name__}: {error})")
