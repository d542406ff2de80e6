"""Searches on many workers, each in one file: pure decisions, which workers of any kind follow. Here by name."""

from __future__ import annotations

from collections.abc import Callable

from models.search.asha import Asha, StoppingAsha
from models.search.base import Draw, Search
from models.search.hyperband import Hyperband
from models.search.population import PopulationBased, Prior
from models.search.random_search import RandomSearch

# Each is made of what draws new trials, the budget in steps, the ranges of parameters that change, and a seed.
SEARCHES: dict[str, Callable[[Draw, int, Prior, int], Search]] = {
    "random search": lambda draw, budget, prior, seed: RandomSearch(draw, budget),
    "ASHA": lambda draw, budget, prior, seed: Asha(draw, budget),
    "ASHA, stopping": lambda draw, budget, prior, seed: StoppingAsha(draw, budget),
    "Hyperband": lambda draw, budget, prior, seed: Hyperband(draw, budget),
    "population-based": lambda draw, budget, prior, seed: PopulationBased(draw, budget, prior, seed=seed),
}
