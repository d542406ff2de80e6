"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.segmentation.model import SegmentModel


def sections(model: SegmentModel, now: pd.DataFrame, metrics: Mapping[str, float]) -> list[Section]:
    """Return both cards. now: the customers that the metrics come from."""
    card = {
        "What it is": f"{len(model.names)} segments of customers ({', '.join(model.names)}), by what they bought in a "
        "year.",
        "For": "Naming kinds of customers for a newsletter or a report, and showing how segments are judged by what "
        "they are for.",
        "Not for": "Prices, credit or service that depend on the segment. To know who will buy, take the score of "
        "recency, frequency and money, which ranks better.",
        "Measured": f"on {len(now):,} customers a quarter later: {cards.listed(metrics)}.",
        "Who could be harmed": "A customer at the border of two segments, who is treated as the wrong one: the cloud "
        "has no gaps, so there is always somebody. Those of small countries are compared with few others.",
        "Limits": "One shop, and two Christmases. A segment says what people bought, not why.",
    }
    dataset = {
        "What it is": "Online Retail II, by Daqing Chen: invoice lines of a British web shop for gifts, December 2009 "
        "to December 2011, many customers are wholesalers.",
        "Rows": f"{len(now):,} customers on the day that tests the segments.",
        "Licence": "CC BY 4.0.",
        "People in it": "Customers have numbers and a country, no names.",
    }
    return cards.sections(card, dataset)
