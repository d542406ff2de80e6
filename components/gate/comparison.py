"""The lines of the gate's report: each compares one metric with something, and passes or fails."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from capstan.contract.bounds import Bound
from capstan.contract.intervals import difference
from components.evaluate.units import Units

Line = dict[str, Any]
Bounds = Mapping[str, Bound]
Scores = Mapping[str, float]

PASS, FAIL = "pass", "fail"
UNKNOWN = "unknown"  # the difference to what cannot be measured


def alone(bounds: Bounds, scores: Scores, own: Units) -> list[Line]:
    """Return the lines of a candidate that nothing was before: thresholds, and baselines where it has units."""
    lines = [*with_thresholds(bounds, scores)]
    if own.model is not None:
        lines += with_baselines(bounds, own.model, own.baselines, own.level)
    return lines


def failed(lines: Iterable[Line]) -> list[Line]:
    """Return the lines that fail. Without one, a candidate is accepted."""
    return [line for line in lines if line["result"] == FAIL]


def with_thresholds(bounds: Bounds, scores: Scores) -> Iterator[Line]:
    """Yield a line per threshold, which is a fixed number."""
    for metric, bound in bounds.items():
        yield _line(metric, scores[metric], "threshold", bound.limit, "", _sign(bound), bound.holds(scores[metric]))


def with_baselines(
    bounds: Bounds, units: pd.DataFrame, baselines: Mapping[str, pd.DataFrame], level: Mapping[str, Sequence[str]]
) -> Iterator[Line]:
    """Yield a line per metric of each baseline. The model is better, with the whole interval of the difference.

    level: the metrics in which it suffices that it is worse than a baseline by less than the bound's slack.
    """
    for name, baseline in baselines.items():
        for metric in baseline:
            if metric in bounds and metric in units:
                slack = bounds[metric].slack if metric in level.get(name, ()) else None
                yield _paired(metric, bounds[metric], units, baseline, name, slack)


def with_champion(bounds: Bounds, units: pd.DataFrame, champion: pd.DataFrame) -> Iterator[Line]:
    """Yield a line per metric. The model is worse by less than the bound's slack, with the whole interval."""
    for metric, bound in bounds.items():
        if metric in units:
            yield _paired(metric, bound, units, champion, "champion", bound.slack)


def with_version(bound: Bound, metric: str, units: pd.DataFrame, other: pd.DataFrame, name: str) -> Line:
    """Return a line about one metric. The model is worse than a version by less than the bound's slack, for sure."""
    return _paired(metric, bound, units, other, name, bound.slack)


def unknown(bound: Bound, metric: str, units: pd.DataFrame, name: str, accept: str) -> Line:
    """Return a line about a version that cannot be measured. It fails unless a person accepts that, for a reason."""
    must = f"known, or accepted{f': {accept}' if accept else ''}"
    return _line(metric, float(units[metric].mean()), name, float("nan"), UNKNOWN, must, bool(accept))


def with_champions_score(bounds: Bounds, scores: Scores, champion: Scores) -> Line:
    """Return a line for the first metric, of a task that does not say what its units are: there is no interval."""
    metric, bound = next(iter(bounds.items()))
    gap, sign = scores[metric] - champion[metric], _sign(bound)
    must = f"{sign} {-bound.slack if bound.higher_is_better else bound.slack:+.4f}"
    passed = bound.holds_against(scores[metric], champion[metric])
    return _line(metric, scores[metric], "champion", champion[metric], f"{gap:+.4f}", must, passed)


def _paired(
    metric: str, bound: Bound, model: pd.DataFrame, other: pd.DataFrame, name: str, slack: float | None = None
) -> Line:
    """Return a line about the same units. slack: None where the model must be better."""
    gap, sign = difference(model[metric].to_numpy(), other[metric].to_numpy()), _sign(bound)
    worst = gap.low if bound.higher_is_better else -gap.high  # the least that it may be better by
    passed = worst > 0 if slack is None else worst >= -slack
    text = f"{gap.mean:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})"
    must = f"{sign[0]} 0" if slack is None else f"{sign} {-slack if bound.higher_is_better else slack:+.4f}"
    return _line(metric, float(model[metric].mean()), name, float(other[metric].mean()), text, must, passed)


def _sign(bound: Bound) -> str:
    return ">=" if bound.higher_is_better else "<="


def _line(metric: str, value: float, against: str, other: float, comparison: str, must: str, passed: bool) -> Line:
    return {
        "metric": metric,
        "candidate": value,
        "against": against,
        "value": other,
        "difference": comparison,
        "must be": must,
        "result": PASS if passed else FAIL,
    }


def reason(line: Line) -> str:
    """Return why a line fails."""
    if line["difference"] == UNKNOWN:
        return f"{line['metric']} cannot be compared with {line['against']}"
    difference = f"; the difference is {line['difference']} and must be {line['must be']}" if line["difference"] else ""
    return f"{line['metric']} is {line['candidate']:.4f}, and {line['value']:.4f} of the {line['against']}{difference}"
