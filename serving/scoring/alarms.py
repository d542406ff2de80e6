"""Alarms: events that people are alerted of, by the alerts of monitoring."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property

from monitoring.alerts import Alerts, Condition, alerts, link, webhooks

SHOWN = 10  # alarms of one request that its alert names


class Alarms:
    """What the events of a capstone are alerted of. The events of one request are one alert, at most."""

    def __init__(self, capstone: str):
        self.capstone = capstone

    @cached_property
    def alerts(self) -> Alerts:
        """Opened with the first alarm."""
        return alerts()

    def report(self, messages: Sequence[str]) -> None:
        """Alert of the alarms of one request. Those that come again, as after a failed write, alert once.

        Raises CapstanError when the database does not answer.
        """
        if not messages:
            return
        shown = [*messages[:SHOWN], *([f"And {len(messages) - SHOWN} more."] if len(messages) > SHOWN else [])]
        name = f"events {hashlib.sha256(chr(10).join(messages).encode()).hexdigest()[:16]}"
        now = datetime.now(UTC)
        condition = Condition(name, now, "\n".join(shown), link=link(self.capstone))
        self.alerts.report_once(self.capstone, condition, now, webhooks())
