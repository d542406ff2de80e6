"""The service level: were requests between two readings answered, soon enough, and as many as usual?"""

import math
from collections.abc import Sequence
from statistics import median

from capstan.contract.checks import Service
from monitoring.checks import shares
from monitoring.checks.counters import Counters, Reading, growth
from monitoring.checks.result import Check, Verdict

FEW = 20  # requests, or predictions: fewer say nothing
WINDOWS = 28  # the newest past windows that the volume is compared with
LEAST = 7  # windows; fewer say nothing
ALIKE = 0.2  # by how much the length of a past window may differ from that of the newest, as a share
MEND = {
    "latency": "See its CPU, its online store and its load.",
    "errors": "See the endpoint's log.",
    "refused": "Ask the clients what has changed.",
}
SIGNALS = ("latency", "errors", "refused", "volume")


def check(newest: Reading, past: Sequence[Reading], promised: Service) -> list[Check]:
    """Return the checks of what came after the last of the past readings, the oldest of which comes first."""
    if not past:
        message = "This is the first reading of the endpoint's counters; the next monitoring run judges what follows."
        return [Check("service", signal, "insufficient", message=message) for signal in SIGNALS]
    window, since = growth(past, newest), past[-1].at.date().isoformat()
    return [
        _latency(window, promised, since),
        _errors(window, promised, since),
        _refused(window, promised, since),
        _volume(window.predictions, newest, past, promised, since),
    ]


def _latency(window: Counters, promised: Service, since: str) -> Check:
    """Requests are counted up to some bounds; those above the next one are slow for sure."""
    bound = min((bound for bound in (0.0, *window.within) if bound >= promised.latency_seconds), default=math.inf)
    if window.within and math.isinf(bound):
        largest = max(filter(math.isfinite, window.within), default=0.0)
        message = f"latency_seconds of Service is beyond what the endpoint measures, {largest:g} s. Correct CHECKS."
        return Check("service", "latency", "insufficient", threshold=promised.slow, message=message)
    slow = window.answered - (window.within.get(bound, 0) if bound else 0)
    what = f"took more than {bound:g} s"
    return _share("latency", slow, window.answered, promised.slow, what, "answered requests", since)


def _errors(window: Counters, promised: Service, since: str) -> Check:
    """Refused requests do not count: many of them would hide the failed ones."""
    requests = window.answered + window.failed
    return _share("errors", window.failed, requests, promised.errors, "failed (5xx)", "requests", since)


def _refused(window: Counters, promised: Service, since: str) -> Check:
    """A client that has changed sends what the capstone's `Request` refuses: no prediction ever shows that."""
    requests = window.answered + window.failed + window.refused
    return _share("refused", window.refused, requests, promised.refused, "were refused (4xx)", "requests", since)


def _share(signal: str, bad: float, of: float, most: float, what: str, requests: str, since: str) -> Check:
    if of < FEW:
        message = f"{of:,.0f} {requests}; {FEW} are needed to judge how many {what}."
        return Check("service", signal, "insufficient", threshold=most, since=since, message=message)
    share, (low, high) = bad / of, shares.interval(bad, of)
    verdict: Verdict = "alarm" if low > most else "ok"
    message = f"{bad:,.0f} of {of:,.0f} {requests} {what}: {share:.2%}, and {most:.2%} may."
    if verdict == "alarm":
        message += f" {MEND[signal]}"
    why = shares.why(share, low, most)
    return Check("service", signal, verdict, share, most, low=low, high=high, since=since, message=message, why=why)


def _volume(predictions: float, newest: Reading, past: Sequence[Reading], promised: Service, since: str) -> Check:
    """The statistic is the share of the usual number: the median of past windows that are as long."""
    length = (newest.at - past[-1].at).total_seconds()
    usual = _of_windows(past, length)[-WINDOWS:]
    if len(usual) < LEAST:
        message = f"{len(usual)} earlier windows are as long as this one; {LEAST} are needed to judge the volume."
        return Check("service", "volume", "insufficient", threshold=promised.volume, since=since, message=message)
    middle = median(usual)
    if middle < FEW:
        message = f"{predictions:,.0f} predictions; {middle:,.0f} are usual, too few to judge the volume."
        return Check("service", "volume", "insufficient", threshold=promised.volume, since=since, message=message)
    share = predictions / middle
    verdict: Verdict = "alarm" if share < promised.volume else "ok"
    message = f"{predictions:,.0f} predictions; {middle:,.0f} are usual in as long a time."
    if verdict == "alarm":
        message += " Ask the clients whether they still send requests."
    return Check("service", "volume", verdict, share, promised.volume, since=since, message=message)


def _of_windows(past: Sequence[Reading], length: float) -> list[float]:
    """Return the predictions of each past window of about this length, scaled to just this length."""
    scaled = []
    for number in range(1, len(past)):
        seconds = (past[number].at - past[number - 1].at).total_seconds()
        if abs(seconds - length) <= ALIKE * length:
            scaled.append(growth(past[:number], past[number]).predictions * length / seconds)
    return scaled
