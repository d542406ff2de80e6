"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards
from pipelines.churn.columns import INPUTS, LABEL
from pipelines.churn.costs import ACCEPT, CALL, MARGIN, OFFER

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.churn.model import ChurnModel


def sections(model: ChurnModel, rows: pd.DataFrame, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. rows: the customers that the metrics come from."""
    card = {
        "What it is": f"A score ({type(model.score).__name__.lower()}) over {len(INPUTS)} inputs "
        f"({', '.join(INPUTS)}), with Platt's calibration, and a decision from stated costs.",
        "For": "A list of customers that are worth a call, and showing how a decision follows from a probability.",
        "Not for": 'Prices, or a worse service for those who stay anyway. What a request asks with "if" is what '
        "customers who have such a contract or bill do; it is not what a contract or a bill would do.",
        "Costs": f"{CALL:g} for a call, {OFFER:g} for the offer, to all who take it: everybody who stays anyway, and "
        f"{ACCEPT:.0%} of those who want to leave. One who is kept pays as many bills in the next year as others "
        f"like that do, of which {MARGIN:g} is profit. Nothing in the data says what an offer does; the share is from "
        "the literature.",
        "Measured": f"on {len(rows):,} customers that it has not seen: {cards.listed(metrics)}.",
        "Who could be harmed": "Who stays loyal gets no offer, and pays more than one who threatens to leave. Gender "
        "and age are inputs: leave them out where the law forbids that they decide about an offer.",
        "Limits": "One look at the customers, without dates: what is known of one who left was written down when the "
        "customer had left, so nobody knows how early the model would have seen it.",
    }
    dataset = {
        "What it is": "IBM's sample of 7,043 customers of a fictional telephone company in California; here the part "
        "that tests the model.",
        "Rows": f"{len(rows):,}, of whom {rows[LABEL].mean():.1%} left in the last month.",
        "Licence": "Apache-2.0.",
        "People in it": "None are real, as far as is known.",
    }
    return cards.sections(card, dataset)
