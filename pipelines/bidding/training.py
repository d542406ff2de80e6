"""Learn a bidder: from prices that were seen before, and, for those it is compared with, from the first auctions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from models.auctions import bidders
from pipelines.bidding import protocol
from pipelines.bidding.model import BidModel

if TYPE_CHECKING:
    from capstan.contract.capstone import Tables

FEWEST = 10_000  # prices: with fewer, a probability for each of 300 prices cannot be estimated


def fit(tables: Tables, judged: str = "") -> BidModel:
    """Return the model. judged: a baseline that the gate judges in the place of the bidder, for controls; "" is none.

    Raises CapstanError where too few prices are known.
    """
    history, counts = tables["history"].iloc[0], tables["prices"].sort_values("price")["count"].to_numpy()
    if counts.sum() < FEWEST:
        raise CapstanError(f"{counts.sum():.0f} prices are known. Give {FEWEST:,} or more of earlier auctions.")
    ctr, cost = (float(history[name] / history["impressions"]) for name in ("clicks", "cost"))
    rivals: dict[str, bidders.Bidder] = {
        "Mcpc": bidders.Mcpc(history["cost"] / history["clicks"]),
        **tuned(tables, ctr, counts),
        "paced, without the CTR": bidders.Blind(counts),
    }
    own = rivals[judged] if judged else bidders.Paced(counts, ctr)
    seen, highest = tables["auctions"]["ctr"], int(np.flatnonzero(counts)[-1])
    known = float(seen.min()), float(seen.max())
    return BidModel(own, counts[: highest + 1], ctr, cost, known, rivals)


def tuned(tables: Tables, ctr: float, counts: np.ndarray) -> dict[str, bidders.Bidder]:
    """Return the bidders that have a setting, with the best on the auctions to learn from."""
    budgets = [protocol.budget(tables["history"], share) for share in protocol.DIVISORS]
    return bidders.tuned(protocol.episodes(tables["auctions"]), budgets, ctr, counts)
