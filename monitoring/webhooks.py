"""Sending alerts through apprise, which knows some hundred services: https://github.com/caronc/apprise."""

import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from capstan.errors import CapstanError
from monitoring.alerts import Alert, Alerts, alerts, webhooks

log = logging.getLogger("monitoring")
SECONDS = 1.0  # between two looks at what is due


class Sender:
    """A thread that sends what is due, so that a dead webhook delays nothing else. A context manager."""

    def __init__(self, alerts: Alerts, addresses: Mapping[str, str]):
        """addresses: of apprise, by digest."""
        self.alerts, self.addresses = alerts, addresses
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def __enter__(self) -> "Sender":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Send what is due yet, once; a webhook that does not answer holds this up for its own time limit at most."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            last = self._stop.is_set()
            try:
                deliver(self.alerts, self.addresses)
            except CapstanError as error:
                log.warning("%s", error)
            if last:
                return
            self._stop.wait(SECONDS)


def sending() -> Sender:
    """Return a sender of this profile's alerts to the webhooks of the settings."""
    return Sender(alerts(), webhooks())


def deliver(alerts: Alerts, addresses: Mapping[str, str]) -> int:
    """Send what is due now; return how many were sent. What was not is due again later."""
    sent = 0
    for alert, webhook in alerts.due(datetime.now(UTC)):
        if webhook in addresses and send(alert, addresses[webhook]):
            alerts.sent(alert, webhook)
            sent += 1
        else:
            # Not the address: it holds secrets.
            log.warning("The alert %s of %s has not reached a webhook.", alert.condition.name, alert.capstone)
    return sent


def send(alert: Alert, address: str) -> bool:
    """Send an alert to one address; return whether it took it."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it writes addresses
    condition = alert.condition
    lines = [condition.message, f"Since {condition.since:%Y-%m-%d %H:%M} UTC, {condition.severity}.", condition.link]
    notifier = apprise.Apprise()
    kind = apprise.NotifyType.FAILURE if condition.severity == "critical" else apprise.NotifyType.WARNING
    try:
        return bool(
            notifier.add(address)
            and notifier.notify(
                "\n".join(filter(None, lines)), title=f"{alert.capstone}: {condition.name}", notify_type=kind
            )
        )
    except Exception as error:  # a plug-in of apprise may raise anything, with the address in it
        log.warning("A webhook failed: %s.", type(error).__name__)
        return False
