"""The service level from counters whose numbers are known."""

import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from scipy.stats import binom

from capstan.contract.checks import Checks, Service
from capstan.errors import CapstanError
from monitoring.checks import shares
from monitoring.checks.counters import Counters, Reading, growth, read
from monitoring.checks.result import Check
from monitoring.checks.service import check

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
PROMISED = Service()
NOTHING = Counters()


def counted(answered: float = 0, slow: float = 0, failed: float = 0, refused: float = 0, rows: float | None = None):
    """Counters of answers that took 0.05 s, `slow` of them 0.2 s."""
    within = {0.05: answered - slow, 0.1: answered - slow, 0.25: answered, math.inf: answered}
    return Counters(refused, failed, answered if rows is None else rows, within)


def at(hours: float, **processes: Counters) -> Reading:
    return Reading(NOON + timedelta(hours=hours), processes)


def judged(window: Counters, promised: Service = PROMISED) -> dict[str, Check]:
    """Return the checks of a window after a reading of zero."""
    return {outcome.signal: outcome for outcome in check(at(1, a=window), [at(0, a=NOTHING)], promised)}


def test_a_process_counts_from_where_it_was():
    grown = growth([at(0, a=counted(100, failed=3))], at(1, a=counted(150, slow=5, failed=4, refused=7)))
    assert (grown.answered, grown.failed, grown.refused, grown.predictions) == (50, 1, 7, 50)
    assert grown.within == {0.05: 45, 0.1: 45, 0.25: 50, math.inf: 50}


def test_a_process_that_restarted_counts_from_zero():
    past = [at(0, a=counted(100, failed=3))]
    assert growth(past, at(1, b=counted(90, failed=2))) == counted(90, failed=2)  # another start
    assert growth(past, at(1, a=counted(90, failed=4))) == counted(90, failed=4)  # the start is not known: smaller


def test_processes_add_up_and_one_that_was_away_counts_from_its_last_reading():
    past = [at(0, a=counted(100), b=counted(10)), at(1, a=counted(110))]
    assert growth(past, at(2, a=counted(111), b=counted(15), c=counted(7))).answered == 1 + 5 + 7


def test_the_first_reading_is_insufficient():
    checks = check(at(0, a=counted(1000, failed=1000)), [], PROMISED)
    assert {(outcome.name, outcome.signal, outcome.verdict) for outcome in checks} == {
        ("service", signal, "insufficient") for signal in ("latency", "errors", "refused", "volume")
    }


@pytest.mark.parametrize("window", [NOTHING, counted(), counted(19, slow=19), counted(9, failed=10)])
def test_a_window_of_few_requests_is_insufficient(window):
    checks = judged(window)
    assert (checks["latency"].verdict, checks["errors"].verdict) == ("insufficient", "insufficient")
    assert "20 are needed" in checks["errors"].message


def test_an_interval_beyond_the_bound_alarms():
    checks = judged(counted(980, slow=100, failed=20))
    assert checks["errors"].verdict == checks["latency"].verdict == "alarm"
    assert checks["errors"].statistic == 0.02 and checks["errors"].low > 0.001 and checks["errors"].high < 0.05
    assert checks["latency"].statistic == 100 / 980 and checks["latency"].threshold == 0.01
    assert (
        checks["errors"].message == "20 of 1,000 requests failed (5xx): 2.00%, and 0.10% may. See the endpoint's log."
    )
    assert checks["refused"].verdict == "ok"
    assert checks["latency"].message.startswith("100 of 980 answered requests took more than 0.1 s: 10.20%")
    assert checks["errors"].since == "2024-05-01"


def test_a_share_at_the_bound_is_no_alarm():
    checks = judged(counted(99_900, slow=999, failed=100))
    assert (checks["errors"].statistic, checks["latency"].statistic) == (0.001, 0.01)
    assert checks["errors"].verdict == checks["latency"].verdict == "ok"
    bound = shares.interval(20, 1000)[0]  # the interval begins at the bound, or a little beyond it
    window = counted(980, failed=20)
    assert judged(window, Service(errors=bound))["errors"].verdict == "ok"
    assert judged(window, Service(errors=bound - 1e-9))["errors"].verdict == "alarm"


@pytest.mark.parametrize("requests", [20, 100, 1000, 5000, 100_000])
@pytest.mark.parametrize("bound", [0.001, 0.01])
def test_an_endpoint_at_its_bound_alarms_in_one_of_two_thousand_looks(requests, bound):
    first = next(bad for bad in range(requests) if shares.interval(bad, requests)[0] > bound)
    assert binom.sf(first - 1, requests, bound) <= 0.0005
    assert binom.sf(first - 2, requests, bound) > 0.0005  # and no later than that


def test_refused_requests_neither_fail_nor_hide_failures():
    assert judged(counted(1000, refused=5000))["errors"].verdict == "ok"
    assert judged(counted(480, failed=20, refused=1_000_000))["errors"].verdict == "alarm"


def test_the_objective_is_rounded_up_to_what_the_endpoint_measures():
    window = counted(1000, slow=900)  # at most 0.25 s
    assert judged(window, Service(latency_seconds=0.1))["latency"].verdict == "alarm"
    beyond = judged(window, Service(latency_seconds=0.2))["latency"]
    assert beyond.verdict == "ok" and "more than 0.25 s" in beyond.message
    none = judged(window, Service(latency_seconds=0.0))["latency"]
    assert none.verdict == "alarm" and none.statistic == 1
    unmeasured = judged(window, Service(latency_seconds=30))["latency"]
    assert unmeasured.verdict == "insufficient" and "0.25 s" in unmeasured.message


def days(*volumes: float) -> list[Reading]:
    """Readings of a counter that grows by these numbers, one a day."""
    total, readings = 0.0, [at(0, a=counted(0))]
    for number, volume in enumerate(volumes, 1):
        total += volume
        readings.append(at(24 * number, a=counted(total)))
    return readings


def volume(*volumes: float, promised: Service = PROMISED) -> Check:
    *past, newest = days(*volumes)
    return check(newest, past, promised)[-1]


def test_volume_is_that_of_windows_before():
    usual = [1000, 1200, 900, 1100, 1000, 1000, 50]
    assert volume(*usual, 800).statistic == 0.8
    assert volume(*usual, 100).verdict == "ok"  # just a tenth
    low = volume(*usual, 99)
    assert low.verdict == "alarm" and low.message.startswith("99 predictions; 1,000 are usual in as long a time.")
    assert volume(*usual, 0).verdict == "alarm" and volume(*usual, 0).statistic == 0
    assert volume(*usual, 0, promised=Service(volume=0)).verdict == "ok"
    assert volume(*usual, 1_000_000).verdict == "ok"


def test_volume_needs_seven_windows_that_are_as_long():
    assert volume(*[1000] * 6, 0).verdict == "insufficient"
    past = days(*[1000] * 9)
    an_hour_later = Reading(past[-1].at + timedelta(hours=1), {"a": counted(9000)})
    result = check(an_hour_later, past, PROMISED)[-1]
    assert result.verdict == "insufficient" and result.message.startswith("0 earlier windows")
    a_bit_longer = Reading(past[-1].at + timedelta(hours=27), {"a": counted(9500)})
    assert check(a_bit_longer, past, PROMISED)[-1].statistic == pytest.approx(500 / (1000 * 27 / 24))


def test_volume_of_a_quiet_endpoint_is_insufficient():
    result = volume(*[3] * 10, 0)
    assert result.verdict == "insufficient" and "too few" in result.message


def test_volume_looks_at_the_newest_windows():
    assert volume(*[10_000] * 40, *[100] * 28, 100).statistic == 1


def test_volume_outlives_restarts():
    past = [Reading(NOON + timedelta(days=day), {f"start {day}": counted(500)}) for day in range(9)]
    assert check(replace(past[-1], at=NOON + timedelta(days=9)), past, PROMISED)[-1].verdict == "alarm"  # none came
    restarted = Reading(NOON + timedelta(days=9), {"start 9": counted(450)})
    assert check(restarted, past, PROMISED)[-1].statistic == 0.9


def page(start: float | None = 1700000000.25) -> str:
    """What a server says that answered, refused and failed requests of two models."""
    lines = [
        "# TYPE capstan_requests counter",
        "# TYPE capstan_errors counter",
        "# TYPE capstan_request_seconds histogram",
    ]
    lines += ["# TYPE capstan_request_rows histogram", "# TYPE process_start_time_seconds gauge"]
    if start:
        lines.append(f"process_start_time_seconds {start}")
    for model, version in (("tiny", "1"), ("tiny", "2"), ("plain", "1")):
        labels = f'model="{model}",version="{version}",variant="champion"'
        lines.append(f"capstan_requests_total{{{labels}}} 4.0")
        for status in ("400", "499", "503"):
            lines.append(f'capstan_errors_total{{{labels},status="{status}"}} 1.0')
        for name, bounds, total in (("seconds", {"0.1": 0, "0.25": 1}, 0.2), ("rows", {"1.0": 0}, 30)):
            for bound, count in (bounds | {"+Inf": 1}).items():
                lines.append(f'capstan_request_{name}_bucket{{{labels},le="{bound}"}} {count}.0')
            lines += [
                f"capstan_request_{name}_sum{{{labels}}} {total}",
                f"capstan_request_{name}_count{{{labels}}} 1.0",
            ]
    return "\n".join(sorted(lines, key=_family)) + "\n"


def _family(line: str) -> tuple[str, bool]:
    """A page has the lines of a metric together, its type first."""
    name = line.split()[2] if line.startswith("#") else re.split(r"[{ ]", line)[0]
    return re.sub("_(total|bucket|sum|count)$", "", name), not line.startswith("#")


def test_a_page_of_metrics_is_read():
    reading = read({"http://a": page(), "http://b": page(1700000001.0)}, "tiny", NOON)
    assert set(reading.processes) == {"1700000000.25", "1700000001.00"} and reading.at == NOON
    [first, second] = reading.processes.values()
    assert first == second == Counters(4, 2, 60, {0.1: 0, 0.25: 2, math.inf: 2})
    assert read({"http://a": page(None)}, "tiny", NOON).processes == {"http://a": first}
    assert read({"http://a": page()}, "unborn", NOON).processes == {"1700000000.25": Counters()}


@pytest.mark.parametrize("other", ["<html>Hello</html>", "# TYPE other counter\nother_total 1\n", ""])
def test_a_page_of_something_else_is_refused(other):
    with pytest.raises(CapstanError, match="http://a/metrics"):
        read({"http://a": other}, "tiny", NOON)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"latency_seconds": -1}, "latency_seconds of 0 or more"),
        ({"latency_seconds": math.inf}, "latency_seconds of 0 or more"),
        ({"latency_seconds": math.nan}, "latency_seconds of 0 or more"),
        ({"errors": 1}, "errors of Service is a share"),
        ({"slow": -0.1}, "slow of Service is a share"),
        ({"refused": 2}, "refused of Service is a share"),
        ({"volume": 10}, "volume of Service is a share"),
    ],
)
def test_a_wrong_promise_is_told(wrong, said):
    with pytest.raises(CapstanError, match=said):
        Service(**wrong)


def test_every_capstone_promises_something():
    assert Checks().service == Service()
