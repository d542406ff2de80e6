"""What must not become champion: `pipelines/NAME/tests/controls.py`, judged by the real gate of the capstone."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from capstan import catalogue
from capstan.contract.model import Model
from capstan.data.files import write_json, write_tables
from capstan.errors import CapstanError
from components.evaluate import units
from components.gate import trials
from components.gate.core import REJECTED, gate
from tests.support.data import DATA_DIR

Tables = dict[str, pd.DataFrame]
Parts = tuple[Tables, Tables]  # to train on, to test on


class Controls(Protocol):
    """What such a module defines.

    It may define `fewer(parts)`, where a test cannot train on all of the data, `ROTATING`, the names of controls that
    have their turn in one run of twelve, and `EACH_IN_TURN`, where each test takes minutes and has a turn of its own.
    """

    SETTINGS: dict[str, Any]  # parameters of `train`, with which the model of the data as they are is accepted
    CONTROLS: Mapping[str, Callable[[Parts], Parts]]  # what is done to the data -> the data after it

    def baseline(self, past: Tables) -> Model:
        """Return the strong simple method alone, in the place of the capstone's model."""


class Verdict(NamedTuple):
    """What the gate said, and why."""

    verdict: str
    report: str


def names() -> list[str]:
    """Return the names of the capstones that have such a module."""
    return [name for name in catalogue.names() if (catalogue.folder(name) / "tests" / "controls.py").exists()]


def controls(name: str) -> Controls:
    """Return the module of a capstone."""
    module: Any = import_module(f"pipelines.{name}.tests.controls")
    return module


def parts(name: str) -> Parts:
    """Return the tables to train and to test on, with features where the capstone has them."""
    module: Any = controls(name)
    tables = trials.parts(name, DATA_DIR)
    return module.fewer(tables) if hasattr(module, "fewer") else tables


def judge_trained(name: str, data: Parts, folder: Path) -> Verdict:
    """Train on the tables and judge the model. A training that refuses the tables is a rejection as well."""
    try:
        model = catalogue.load(name).train(data[0], **controls(name).SETTINGS)
    except CapstanError as error:
        return Verdict(REJECTED, str(error))
    return judge(name, model, data[1], folder)


def judge(name: str, model: Model, test: Tables, folder: Path) -> Verdict:
    """Return what the gate says of a model, where there is no champion."""
    result = catalogue.load(name).evaluate(model, test)
    write_json({metric: float(value) for metric, value in result.metrics.items()}, folder / "scores")
    units.write(units.of(result), str(folder / "units"))
    write_tables(test, folder / "test")
    paths = [str(folder / part) for part in ("scores", "units")]
    judged = gate(name, *paths, "", str(folder / "test"), str(folder / "report.md"))
    return Verdict(judged.verdict, (folder / "report.md").read_text())


def shuffled(table: str, *columns: str) -> Callable[[Parts], Parts]:
    """Return what gives the labels of a table to other rows of it."""

    def change(data: Parts) -> Parts:
        rows = data[0][table]
        order = np.random.default_rng(0).permutation(len(rows))
        return data[0] | {table: rows.assign(**{name: rows[name].to_numpy()[order] for name in columns})}, data[1]

    return change


def cut(table: str, rows: int) -> Callable[[Parts], Parts]:
    """Return what leaves so many rows of a table, evenly spaced."""

    def change(data: Parts) -> Parts:
        whole = data[0][table]
        return data[0] | {table: whole.iloc[:: len(whole) // rows].head(rows)}, data[1]

    return change


def damaged(table: str, *columns: str) -> Callable[[Parts], Parts]:
    """Return what gives the values of some columns to other rows, each column by itself, as a broken join does."""

    def change(data: Parts) -> Parts:
        rows, random = data[0][table], np.random.default_rng(0)
        mixed = {name: rows[name].to_numpy()[random.permutation(len(rows))] for name in columns}
        return data[0] | {table: rows.assign(**mixed)}, data[1]

    return change
