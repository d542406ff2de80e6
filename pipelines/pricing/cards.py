"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_sets import orange_juice_weeks as weeks
from models import cards
from pipelines.pricing import rules
from pipelines.pricing.columns import COUNT, NUMBER, STORE

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.evaluation import Section


def sections(rows: pd.DataFrame, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. rows: the weeks that the metrics come from."""
    first, last = (weeks.start(int(week)) for week in (rows[NUMBER].min(), rows[NUMBER].max()))
    card = {
        "What it is": "A log-log mixed model of packages sold by prices, deals, features and season, with effects of "
        "each store, what its predictions were worth in a held-out year, and a search for prices that gain for sure.",
        "For": "Showing how demand, prices and their value are estimated, bounded and watched.",
        "Not for": "Setting prices of today, or of anything but orange juice: the weeks are of 1990 to 1992, of one "
        "chain. Prices of single people, or agreed with a competitor.",
        "Rules": f"A price stays within {rules.MOST_CHANGE:.0%} of the usual one unless asked otherwise, and in what "
        f"the store asked in a year. It keeps a margin of {rules.LEAST_MARGIN:.0%} and the order of brands. The basket "
        "costs no more than at usual prices. Where the interval of the gain reaches zero, usual prices stay.",
        "Measured": f"on {len(rows):,} weeks of stores that it has not seen: {cards.listed(metrics)}.",
        "Who could be harmed": "Customers who pay more where they react less, often those with no other store near. "
        "Suppliers, whose brands lose shelf sales to others.",
        "Limits": "Prices were set by people who knew more than the file says, so an elasticity is in part why a price "
        "changed. Most changes are promotions, in which people stock up: a lasting change has other effects. Costs "
        "are averages of what was in stock. What customers buy elsewhere is not known.",
    }
    dataset = {
        "What it is": f"Refrigerated orange juice at Dominick's Finer Foods, Chicago: {COUNT} brands by store and "
        "week, with prices, deals, features and margins; here the part that tests the model.",
        "Rows": f"{len(rows):,} weeks of {rows[STORE].nunique()} stores, from {first} to {last}.",
        "Licence": "orangeJuice of the R package bayesm (GPL-2 or later), after the Dominick's database of the Kilts "
        "Center, University of Chicago Booth School of Business: for academic research alone.",
        "People in it": "Nobody: sales are sums of a store and a week.",
    }
    return cards.sections(card, dataset)
