"""The strategies, each with its best setting of all that were tried."""

from models.strategies.allocations import ALLOCATIONS
from models.strategies.crossover import Crossover
from models.strategies.mean_reversion import MeanReversion
from models.strategies.momentum import Momentum
from models.strategies.pairs import Pairs
from models.strategies.policy_gradient import PolicyGradient
from models.strategies.portfolios import Portfolio
from models.strategies.q_learning import QLearning
from models.strategies.schedule import Rule
from pipelines.trading.ranker import Ridge, Trees

# `studies/trials`, on 2009 to 2012: the best setting of each family. Portfolios have no setting, and all are there.
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
