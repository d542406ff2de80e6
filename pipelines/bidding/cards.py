"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards
from pipelines.bidding.protocol import EPISODE

if TYPE_CHECKING:
    import pandas as pd


def sections(rows: pd.DataFrame, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. rows: the auctions that the metrics come from."""
    card = {
        "What it is": "Bids in proportion to the predicted CTR, at the level that spends what is left evenly over the "
        "auctions that are left, as market prices were in earlier auctions.",
        "For": "Bidding in second-price auctions for a campaign that has a budget and counts clicks.",
        "Not for": "First-price auctions, in which most impressions are sold today: the bid would have to be shaded. "
        "Campaigns that count sales, or several campaigns with one budget.",
        "Measured": f"on {len(rows):,} auctions in their order, in episodes of {EPISODE:,}: {cards.listed(metrics)}.",
        "Who could be harmed": "Who is shown the advertisement: a CTR may be predicted from what people did and where "
        "they are. The bidder sees nothing of a person but the CTR, and hands on what is wrong in it. An advertiser "
        "loses money where the CTR is too high for some impressions.",
        "Limits": "The log has only auctions that its own bidder won, so prices above its bids, which reached 277, "
        "are not in it. Bids are assumed to change neither prices nor the bids of others. All clicks count "
        "alike, and some are not made by people.",
    }
    dataset = {
        "What it is": "iPinYou's campaign 2997 of 2013, in the order of the auctions: click, market price, and the CTR "
        "that a logistic regression of the data's authors had predicted; prices and clicks of the days before as "
        "totals. Here the part that tests the bidder.",
        "Rows": f"{len(rows):,} auctions, of which {rows['click'].sum():,.0f} led to a click; the CTR predicts "
        f"{rows['ctr'].sum():,.0f}. No times.",
        "Licence": "iPinYou's data are for research use only; so is what is learned from them. "
        "https://github.com/han-cai/rlb-dp.",
        "People in it": "Nothing of a person is in these columns; they come from the bid requests of real people.",
    }
    return cards.sections(card, dataset)
