"""The policy: how long runs and predictions stay, and how many versions."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from capstan.settings import settings


@dataclass(frozen=True)
class Policy:
    """What is older than an instant or a day goes. `dry` removes nothing, and only counts."""

    runs_before: datetime
    predictions_before: str  # a day, YYYY-MM-DD
    versions: int
    dry: bool = False
    today: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())


@dataclass
class Removed:
    """What was done for one kind. `rule` is the policy in a few words, `notes` say what was left out, and why."""

    kind: str
    rule: str
    removed: int = 0
    kept: int = 0
    notes: tuple[str, ...] = ()

    def __add__(self, other: "Removed") -> "Removed":
        notes = tuple(dict.fromkeys(self.notes + other.notes))
        return Removed(self.kind, self.rule, self.removed + other.removed, self.kept + other.kept, notes)


def policy(dry: bool = False) -> Policy:
    """Return the policy of the settings, as of now."""
    own, now = settings(), datetime.now(UTC)
    day = (now - timedelta(days=own.keep_predictions_days)).date()
    return Policy(now - timedelta(days=own.keep_runs_days), day.isoformat(), own.keep_versions, dry)
