"""The best accepted version in each of the first metrics of a gate: what slack may not add up against."""

from collections.abc import Collection, Mapping, Sequence

from capstan.contract.bounds import Bound, of_test
from capstan.versions import registry, runs
from capstan.versions.registry import ModelVersion

UNITS = "units"  # the tag of a version, and the folder of its run: metrics by sampled unit, when it was judged
COUNT = "units_measured"  # the tag with their number
HIGHER, LOWER = "higher", "lower"  # which values of a metric are better
MOST = 3  # metrics, so that at most three versions are kept and measured again


def best(versions: Sequence[ModelVersion], better: Mapping[str, str]) -> dict[str, ModelVersion]:
    """Return the accepted version with the best value when it was judged, by metric, for the first metrics with units.

    versions: those of one capstone. A retired one does not count, nor one of before units were kept. The newest of
    equals. better: by metric, HIGHER or LOWER.
    """
    accepted = [version for version in versions if _is_accepted(version) and version.tags.get(UNITS)]
    values = runs.metrics_of_runs({version.run_id for version in accepted})
    found: dict[str, ModelVersion] = {}
    for metric in _first(accepted, better):
        known = [version for version in accepted if metric in values.get(version.run_id, {})]
        sign = 1 if better[metric] == HIGHER else -1
        if known:
            found[metric] = max(
                known, key=lambda candidate: (sign * values[candidate.run_id][metric], int(candidate.version))
            )
    return found


def last_accepted(versions: Sequence[ModelVersion]) -> ModelVersion | None:
    """Return the newest version that was accepted and not retired, of versions with the newest first."""
    return next((version for version in versions if _is_accepted(version)), None)


def of_bounds(bounds: Mapping[str, Bound]) -> dict[str, str]:
    """Return which values are better, by metric of a gate."""
    return {metric: HIGHER if bound.higher_is_better else LOWER for metric, bound in bounds.items()}


def of_tags(versions: Sequence[ModelVersion]) -> dict[str, str]:
    """Return the same without the capstone's source, as the last accepted version with units was judged.

    Empty where none says it: the first versions with units did not.
    """
    newest = last_accepted([version for version in versions if version.tags.get(UNITS)])
    return {metric: values for metric, values in _read(newest).items() if values} if newest else {}


def tag(metrics: Collection[str], bounds: Mapping[str, Bound]) -> str:
    """Return the tag of a version that has units for some metrics of a gate, in the gate's order."""
    return ",".join(f"{metric}={values}" for metric, values in of_bounds(bounds).items() if metric in metrics)


def bounds_of(capstone: str, number: str, bounds: Mapping[str, Bound]) -> Mapping[str, Bound]:
    """Return the bounds that a version was judged by: those of few units where its test had few."""
    if not any(bound.few for bound in bounds.values()):
        return bounds
    version = registry.version(capstone, number)
    measured = version.tags.get(COUNT) if version else None
    return of_test(bounds, int(measured)) if measured else bounds


def _is_accepted(version: ModelVersion) -> bool:
    return version.tags.get("verdict") == "accepted" and not version.retired


def _read(version: ModelVersion) -> dict[str, str]:
    """Return which values are better by metric with units, "" where the tag does not say it."""
    pairs = (pair.partition("=") for pair in version.tags[UNITS].split(","))
    return {metric: values for metric, _sign, values in pairs}


def _first(accepted: Sequence[ModelVersion], better: Mapping[str, str]) -> list[str]:
    have = {metric for version in accepted for metric in _read(version)}
    return [metric for metric in better if metric in have][:MOST]
