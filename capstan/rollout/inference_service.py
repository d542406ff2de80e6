"""How a roll-out looks on a cluster: the `canary` of KServe's InferenceService, in Standard mode, KServe 0.20 or later.

KServe runs one Deployment per predictor, named after it, and its Gateway splits requests by weight. Promotion gives the
predictor the canary's name, so its pods stay as they are. A rollback removes the entry.
See https://github.com/kserve/kserve/pull/5672.
"""

from typing import Any

from capstan.rollout.traffic import Traffic


def predictor_name(version: str) -> str:
    """Return the name of the predictor that serves a version."""
    return f"v{version}"


def canary(traffic: Traffic, challenger: str | None) -> list[dict[str, Any]]:
    """Return `spec.canary` for a challenger's version, or none.

    Weights are whole percents, so a share is rounded up, and they do not look at keys: let the server split when
    clients must stay with one variant. In shadow, or without a share, the challenger is deployed but gets no requests.
    """
    if challenger is None:
        return []
    share = -(-traffic.percent // 1) if traffic.mode in ("canary", "ab") else 0
    return [{"trafficPercent": int(share), "predictor": {"name": predictor_name(challenger)}}]
