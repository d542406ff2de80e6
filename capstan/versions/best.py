"""The best accepted version in each of the first metrics of a gate: what slack may not add up against."""

from collections.abc import Collection, Mapping, Sequence

from capstan.contract.bounds import Bound
from capstan.versions import runs
from capstan.versions.registry import ModelVersion

UNITS = "units"  # the tag of a version, and the folder of its run: metrics by sampled unit, when it was judged
MOST = 3  # metrics, so that at most three versions are kept and measured again


def best(versions: Sequence[ModelVersion], bounds: Mapping[str, Bound]) -> dict[str, ModelVersion]:
    """Return the accepted version with the best value when it was judged, by metric, for the first metrics with units.

    versions: those of one capstone. A retired one does not count, nor one of before units were kept. The newest of
    equals.
    """
    accepted = [version for version in versions if _is_accepted(version) and version.tags.get(UNITS)]
    values = runs.metrics_of_runs({version.run_id for version in accepted})
    found: dict[str, ModelVersion] = {}
    for metric in _first(accepted, bounds):
        known = [version for version in accepted if metric in values.get(version.run_id, {})]
        sign = 1 if bounds[metric].higher_is_better else -1
        if known:
            found[metric] = max(
                known, key=lambda candidate: (sign * values[candidate.run_id][metric], int(candidate.version))
            )
    return found


def last_accepted(versions: Sequence[ModelVersion]) -> ModelVersion | None:
    """Return the newest version that was accepted and not retired, of versions with the newest first."""
    return next((version for version in versions if _is_accepted(version)), None)


def tag(metrics: Collection[str]) -> str:
    """Return the tag of a version that has units for some metrics."""
    return ",".join(metrics)


def _is_accepted(version: ModelVersion) -> bool:
    return version.tags.get("verdict") == "accepted" and not version.retired


def _first(accepted: Sequence[ModelVersion], bounds: Mapping[str, Bound]) -> list[str]:
    have = {metric for version in accepted for metric in version.tags[UNITS].split(",")}
    return [metric for metric in bounds if metric in have][:MOST]
