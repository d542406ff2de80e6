"""A look at the service level of a live endpoint: latency, errors and volume since the monitoring run before."""

from datetime import datetime

from capstan.contract.capstone import Capstone
from capstan.errors import CapstanError
from capstan.services import endpoint_client
from monitoring.checks import counters, service
from monitoring.checks.result import Check
from monitoring.readings import readings


def check(capstone: str, task: Capstone, now: datetime) -> list[Check]:
    """Read the counters of every replica, keep them, and return the checks of what came since the reading before.

    `now` is of the real clock, as the counters are. Where a replica does not answer, nothing is
    kept: the next monitoring run judges a longer time.
    """
    try:
        newest = counters.read(endpoint_client.metrics(capstone), capstone, now)
    except CapstanError as error:
        unknown = [Check("service", signal, "insufficient", message="No reading.") for signal in service.SIGNALS]
        return [Check("service", "availability", "alarm", message=str(error)), *unknown]
    past = readings().before(capstone, now, service.WINDOWS + 1)
    readings().keep(capstone, newest)
    return [
        Check("service", "availability", "ok", message=f"All replicas answer: {len(newest.processes)}."),
        *service.check(newest, past, task.CHECKS.service),
    ]
