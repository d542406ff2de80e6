"""How a roll-out looks on a cluster: the `canary` of KServe's InferenceService, in Standard mode, KServe 0.20 or later.

KServe runs a Deployment a predictor, named after it, and its Gateway shares requests out by weight. Promotion makes the
canary's name that of the predictor, so that its pods stay as they are; a rollback removes the entry.
See https://github.com/kserve/kserve/pull/5672.
"""

from typing import Any

from capstan.rollout.traffic import Traffic


def predictor_name(version: str) -> str:
    """Return the name of the predictor that serves a version."""
    return f"v{version}"


def canary(traffic: Traffic, challenger: str | None) -> list[dict[str, Any]]:
    """Return `spec.canary` for a challenger's version, or none.

    Weights are whole percents and know no keys: a share under one percent is rounded up, and who needs a client to stay
    with one variant gives the share to the server, which splits by key. In shadow, and before any share was given, the
    challenger is deployed and gets no requests of its own.
    """
    if challenger is None:
        return []
    share = -(-traffic.percent // 1) if traffic.mode in ("canary", "ab") else 0
    return [{"trafficPercent": int(share), "predictor": {"name": predictor_name(challenger)}}]
