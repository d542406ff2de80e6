"""Evidently's reports of a replay, by their own process: they take seconds, and nothing depends on them."""

import logging
import signal
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection

from capstan.rollout import store
from monitoring import drift_report

WEEK = 7 * 24  # hours
log = logging.getLogger("monitoring")


class Reporter:
    """Reports on the weeks of a capstone that have passed. It ends with its last report, or with this process."""

    def __init__(self, capstone: str):
        self._capstone = capstone

    def __enter__(self) -> "Reporter":
        fresh = get_context("spawn")
        self._wanted, wanted = fresh.Pipe()
        self._process = fresh.Process(target=_work, args=(self._capstone, wanted), daemon=True)
        self._process.start()
        wanted.close()  # it alone holds this end, and sees that ours is closed
        return self

    def __exit__(self, *_error: object) -> None:
        self._wanted.close()
        self._process.join()

    def report(self, now: datetime) -> None:
        """Have the week before an instant reported. The same week again replaces its report."""
        try:
            self._wanted.send((now, store.read(self._capstone).champion))
        except OSError as error:  # somebody has killed it
            _warn(now, error)


def _work(capstone: str, wanted: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to both: this process finishes its report
    while True:
        try:
            now, champion = wanted.recv()
        except EOFError:
            return
        try:
            drift_report.report_drift(capstone, WEEK, f"{now:%Y%m%d}", now, champion)
        except Exception as error:  # Evidently's own, too: a replay goes on without a report
            _warn(now, error)


def _warn(now: datetime, error: Exception) -> None:
    log.warning("There is no Evidently report of the week before %s: %s", f"{now:%Y-%m-%d}", error)
