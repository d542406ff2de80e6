"""Irises by the nearest prototype, which comes as weights: what a cluster is tried with that hands weights on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from capstan.contract.model import Columns, Model
from capstan.contract.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from capstan.contract.capstone import Tables

TITLE = "Which iris is it?"
THRESHOLDS = {"accuracy": at_least(0.8)}
INPUTS = ("sepal_length", "sepal_width", "petal_length", "petal_width")
FILE = "datasets/data/iris.csv"
WEIGHTS = {
    "prototypes": Weights(
        file="iris/iris.csv",
        sha256="f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449",
        licence="BSD-3-Clause",
        url=f"https://raw.githubusercontent.com/scikit-learn/scikit-learn/main/sklearn/{FILE}",
        package="sklearn",
        path=FILE,
    )
}


def load(data_dir: Path | None) -> Tables:
    """Return `irises`. Source: Fisher, "The use of multiple measurements in taxonomic problems" (1936)."""
    import pandas as pd
    from sklearn.datasets import load_iris

    measured, species = load_iris(return_X_y=True)
    return {"irises": pd.DataFrame(measured, columns=list(INPUTS)).assign(species=species)}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return two thirds of the irises, and the others."""
    test = np.arange(len(tables["irises"])) % 3 == 0
    return {"irises": tables["irises"][~test]}, {"irises": tables["irises"][test]}


class IrisModel(Model):
    """The mean of each species in the file of weights."""

    inputs = dict.fromkeys(INPUTS, "double")
    requirements = ("numpy",)

    def __init__(self, weights: Mapping[str, Path]):
        self.weight_files = weights

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the prototypes: they are read from the weights."""
        return {name: value for name, value in vars(self).items() if name != "prototypes"}

    @cached_property
    def prototypes(self) -> np.ndarray:
        """The means, shape (3, 4)."""
        rows = np.loadtxt(self.weight_files["prototypes"], delimiter=",", skiprows=1)
        return np.stack([rows[rows[:, 4] == species, :4].mean(axis=0) for species in range(3)])

    def predict_columns(self, columns: Columns) -> dict[str, list]:
        """Return the `species` whose prototype is nearest."""
        rows = np.column_stack([np.asarray(columns[name], dtype=float) for name in INPUTS])
        return {"species": np.linalg.norm(rows[:, None] - self.prototypes, axis=2).argmin(axis=1).tolist()}


def train(tables: Tables, weights: Mapping[str, Path]) -> IrisModel:
    """Return the model, of which everything is in the weights."""
    return IrisModel(weights)


def evaluate(model: IrisModel, tables: Tables) -> Evaluation:
    """Return the share of irises that are recognized."""
    irises = tables["irises"]
    answers = model.predict_columns({name: irises[name].tolist() for name in INPUTS})["species"]
    return Evaluation({"accuracy": float(np.mean(irises["species"] == answers))})


class Request(BaseModel):
    """A flower, in centimetres."""

    model_config = ConfigDict(extra="forbid")

    sepal_length: float = Field(gt=0)
    sepal_width: float = Field(gt=0)
    petal_length: float = Field(gt=0)
    petal_width: float = Field(gt=0)


class Prediction(BaseModel):
    """The species: 0 is setosa, 1 versicolor, 2 virginica."""

    species: int = Field(ge=0, le=2)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three irises of the test set."""
    return tables["irises"][list(INPUTS)].head(3).to_dict("records")
