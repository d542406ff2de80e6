"""All strategies that were tried, and the setting of each that the record of trials speaks for."""

from models.tuning import Families
from pipelines.trading.allocations import ALLOCATIONS
from pipelines.trading.strategies.crossover import Crossover
from pipelines.trading.strategies.mean_reversion import MeanReversion
from pipelines.trading.strategies.momentum import Momentum
from pipelines.trading.strategies.pairs import Pairs
from pipelines.trading.strategies.policy_gradient import PolicyGradient
from pipelines.trading.strategies.portfolios import Portfolio
from pipelines.trading.strategies.q_learning import QLearning
from pipelines.trading.strategies.ranker import Ridge, Trees
from pipelines.trading.strategies.schedule import Rule

FAMILIES = Families({
    "momentum": (Momentum, {"window": (252, 126), "skip": (21, 0), "held": (10, 5)}),
    "mean reversion": (MeanReversion, {"window": (5, 1, 21), "held": (10, 5)}),
    "crossover": (Crossover, {"short": (50, 20), "long": (200, 100)}),
    "pairs": (Pairs, {"window": (180, 120), "enter": (2.0, 1.5, 2.5)}),
    "ridge ranker": (Ridge, {"penalty": (100.0, 10.0, 1000.0), "held": (10, 5)}),
    "trees ranker": (Trees, {"leaves": (4, 8), "rounds": (50, 200)}),
    "Q-learning": (QLearning, {"rounds": (100, 20), "discount": (0.9, 0.5)}),
    "policy gradient": (PolicyGradient, {"episodes": (2_000, 500), "discount": (0.9, 0.5)}),
    "portfolio": (Portfolio, {"name": tuple(ALLOCATIONS)}),
}, score="sharpe")  # fmt: skip

# `trials.py`, on 2009 to 2012: the best setting of each family. Portfolios have no setting, and all are there.
CHOSEN: dict[str, Rule] = {
    "momentum": Momentum(),
    "mean reversion": MeanReversion(window=1),
    "crossover": Crossover(long=100),
    "pairs": Pairs(window=120, enter=2.5),
    "ridge ranker": Ridge(penalty=10.0, held=5),
    "trees ranker": Trees(),
    "Q-learning": QLearning(),
    "policy gradient": PolicyGradient(),
    **{name: Portfolio(name) for name in ALLOCATIONS},
}
TRIALS = 47  # settings of all families
SPREAD = 0.02012  # standard deviation of their daily Sharpe ratios, 2009 to 2014
