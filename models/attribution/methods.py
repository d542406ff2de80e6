"""Every attribution of the same paths, as purchases per channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from models.attribution import rules
from models.attribution.markov import Chain
from models.attribution.shapley import observed, rate, shapley

Path = Sequence[str]
Attribution = dict[str, float]


def markov(paths: Sequence[Path], bought: Sequence[bool]) -> Attribution:
    """Return the purchases in proportion to what is lost without each channel, by the chain."""
    kept = [(path, won) for path, won in zip(paths, bought, strict=True) if path]
    lost = Chain(*zip(*kept, strict=True)).removal()
    scale = sum(won for _, won in kept) / sum(lost.values())
    return {name: scale * value for name, value in lost.items()}


def shapley_of_purchases(paths: Sequence[Path], bought: Sequence[bool]) -> Attribution:
    """Return Shapley's values where a coalition has the purchases of the paths that have no other channel.

    They are each purchase divided evenly among the channels of its path, whatever their order and number.
    """
    sets = [frozenset(path) for path in paths]
    return shapley(sorted(frozenset[str]().union(*sets)), observed(sets, bought))


def shapley_of_rates(paths: Sequence[Path], bought: Sequence[bool]) -> Attribution:
    """Return for each set of channels Shapley's values of its purchase rate, times the people who met them.

    What people without any channel buy is nobody's: the parts add up to less than all purchases.
    """
    sets = [frozenset(path) for path in paths]
    worth, sums = rate(sets, bought), dict.fromkeys(sorted(frozenset[str]().union(*sets)), 0.0)
    for group, people in Counter(sets).items():
        for name, value in shapley(sorted(group), worth).items():
            sums[name] += people * value
    return sums


METHODS: dict[str, Callable[[Sequence[Path], Sequence[bool]], Attribution]] = {
    "first touch": rules.first,
    "last touch": rules.last,
    "the same to each touch": rules.linear,
    "Markov chain, removal": markov,
    "Shapley, purchases": shapley_of_purchases,
    "Shapley, rates": shapley_of_rates,
}


def distance(one: Attribution, other: Attribution) -> float:
    """Return the share of what is attributed that would have to move for both to be equal, from 0 to 1."""
    shares = [{name: max(value, 0.0) for name, value in attribution.items()} for attribution in (one, other)]
    totals = [sum(attribution.values()) for attribution in shares]
    return sum(abs(shares[0].get(name, 0) / totals[0] - shares[1].get(name, 0) / totals[1]) for name in other) / 2
