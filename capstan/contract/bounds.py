"""The bounds of a gate. Each knows whether higher or lower is better."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Bound:
    """A limit on one metric. `slack` is how much worse than the champion a candidate may be.

    few: the bound of a test of fewer sampled units than `enough`, or None.
    """

    limit: float
    higher_is_better: bool
    slack: float = 0.0
    enough: int = 0
    few: "Bound | None" = None

    def holds(self, value: float) -> bool:
        """Return whether a value is within the limit. NaN never is."""
        return value >= self.limit if self.higher_is_better else value <= self.limit

    def holds_against(self, value: float, champion: float) -> bool:
        """Return whether a value is at most `slack` worse than the champion's."""
        worst = self.worst_against(champion)
        return value >= worst if self.higher_is_better else value <= worst

    def worst_against(self, champion: float) -> float:
        """Return the worst value that still passes, given the champion's."""
        return champion - self.slack if self.higher_is_better else champion + self.slack


def at_least(limit: float, slack: float = 0.0) -> Bound:
    """Bound a metric that is better when higher, such as accuracy."""
    return Bound(limit, higher_is_better=True, slack=slack)


def at_most(limit: float, slack: float = 0.0) -> Bound:
    """Bound a metric that is better when lower, such as an error or a loss."""
    return Bound(limit, higher_is_better=False, slack=slack)


def on_few(
    bounds: Mapping[str, Bound], units: int, times: float = 1.0, limits: Mapping[str, float] | None = None
) -> dict[str, Bound]:
    """Return the bounds, with others where the test has fewer than `units` sampled units, as in a first try.

    A model of few rows is worse, and differs more from its twins. times: what each slack is multiplied by there.
    limits: those of some metrics there.
    """
    wider = {name: (limits or {}).get(name, bound.limit) for name, bound in bounds.items()}
    return {
        name: replace(bound, enough=units, few=replace(bound, limit=wider[name], slack=times * bound.slack))
        for name, bound in bounds.items()
    }


def of_test(bounds: Mapping[str, Bound], units: int) -> dict[str, Bound]:
    """Return the bounds of a test with so many sampled units."""
    return {name: bound.few if bound.few and units < bound.enough else bound for name, bound in bounds.items()}
