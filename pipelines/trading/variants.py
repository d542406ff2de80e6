"""All strategies that were tried."""

from pipelines.trading.allocations import ALLOCATIONS
from pipelines.trading.strategies.crossover import Crossover
from pipelines.trading.strategies.mean_reversion import MeanReversion
from pipelines.trading.strategies.momentum import Momentum
from pipelines.trading.strategies.portfolios import Portfolio
from pipelines.trading.strategies.schedule import Rule

CHOSEN: dict[str, Rule] = {
    "momentum": Momentum(),
    "mean reversion": MeanReversion(),
    "crossover": Crossover(),
    **{name: Portfolio(name) for name in ALLOCATIONS},
}
TRIALS, SPREAD = 50, 0.02
