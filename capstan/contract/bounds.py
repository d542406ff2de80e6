"""The bounds of a gate. Each knows whether higher or lower is better."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """A limit on one metric. `slack` is how much worse than the champion a candidate may be."""

    limit: float
    higher_is_better: bool
    slack: float = 0.0

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
