"""What the gate is tried on: random answers, which it must reject, and honest twins, which it must accept."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from components.gate.answers import with_part
from models.auctions.bidders import Bidder
from models.auctions.replay import Bid
from pipelines.bidding import training
from pipelines.bidding.model import BidModel


class Anything:
    """A bidder that bids for each impression what is right for another one."""

    def __init__(self, bidder: Bidder, seed: int):
        self.bidder, self.seed = bidder, seed

    def campaign(self, money: int) -> Bid:
        """Return the bids of the bidder for the CTR of other episodes."""
        bid, random = self.bidder.campaign(money), np.random.default_rng(self.seed)
        return lambda left, budget, ctr: bid(left, budget, random.permutation(ctr))


def random_answer(model: BidModel, seed: int) -> Any:
    """Bid as much, for anything."""
    return with_part(model, "bidder", Anything(model.bidder, seed))


def twin(past: dict[str, pd.DataFrame], seed: int, parameters: Mapping[str, Any]) -> BidModel:
    """Learn from as many prices, drawn with replacement."""
    prices = past["prices"]
    counts = prices["count"].to_numpy()
    drawn = np.random.default_rng(seed).multinomial(int(counts.sum()), counts / counts.sum()).astype(float)
    return training.fit(past | {"prices": prices.assign(count=drawn)}, **parameters)
