"""What is watched of auctions: the CTR that is given, the money for each auction left, and the bid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.auctions import replay
from pipelines.bidding import protocol

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from pipelines.bidding.model import BidModel

SHARE, EVERY = 8, 10  # the budget of the reference, and which auctions are watched


def of_auctions(model: BidModel, tables: Tables) -> pd.DataFrame:
    """Return predicted CTR, money for each auction left, and bid.

    With a budget of one eighth of what the auctions cost before, which the bidder spends auction by auction.
    """
    import numpy as np
    import pandas as pd

    rows = tables["auctions"]
    log, money = protocol.episodes(rows), protocol.budget(tables["history"], SHARE)
    moves = replay.moves(log, model.bidder.campaign(money), money)
    left = np.broadcast_to(np.arange(log.price.shape[1], 0, -1), log.price.shape)
    frame = pd.DataFrame({
        "ctr": rows["ctr"].to_numpy(),
        "money_for_each": (moves.money / left).ravel()[: len(rows)],
        "price": moves.bid.ravel()[: len(rows)].astype(float),
    })  # fmt: skip
    return frame.iloc[::EVERY].reset_index(drop=True)


def of_requests(requests: pd.DataFrame) -> pd.DataFrame:
    """Return the money that is left for each auction."""
    import pandas as pd

    return pd.DataFrame({"money_for_each": requests["budget_left"] / requests["auctions_left"]})
