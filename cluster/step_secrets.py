"""The Secrets of the steps, by what they lead to. A step mounts those that it needs, and no other.

They are made of the platform's Secret `capstan-secrets`, which is not in the steps' namespace.
"""

from collections.abc import Mapping

from cluster.names import NAMESPACE

REGISTRY, BUCKET, FEATURES = (f"{NAMESPACE}-{name}" for name in ("registry", "bucket", "features"))
# Both may also be filled by hand, in the steps' namespace alone.
SIGNING, ALERTS = f"{NAMESPACE}-signing", f"{NAMESPACE}-alerts"
HOLDS = {
    REGISTRY: ("CAPSTAN_TOKEN", "CAPSTAN_VERIFYING_KEY"),  # MLflow, Evidently and the endpoints
    BUCKET: ("CAPSTAN_S3_ACCESS_KEY", "CAPSTAN_S3_SECRET_KEY"),
    FEATURES: ("CAPSTAN_FEAST_REGISTRY", "CAPSTAN_ONLINE_STORE"),  # PostgreSQL, which has the history too, and Redis
    SIGNING: ("CAPSTAN_SIGNING_KEY",),
    ALERTS: ("CAPSTAN_WEBHOOKS",),
}
# Other steps read their inputs and write their outputs, which Kubeflow Pipelines moves with its own keys.
NEEDED_BY: dict[str, tuple[str, ...]] = {
    "ingest": (BUCKET,),
    "fetch_weights": (BUCKET,),
    "build_features": (BUCKET,),  # where it keeps what it built
    "compare_data": (REGISTRY,),
    "train": (BUCKET,),  # where it exchanges files with Ray's pods
    "gate": (REGISTRY,),
    "register": (REGISTRY, SIGNING),
    "materialize": (BUCKET, FEATURES),
    "deploy": (REGISTRY, FEATURES),
    "baseline_report": (REGISTRY, BUCKET),
    "score": (REGISTRY, BUCKET, FEATURES),
    "check_live": (REGISTRY, BUCKET, FEATURES, ALERTS),
}


def contents(platform: Mapping[str, str], held: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what each Secret holds: the platform's settings, or what was `held` there. None is empty."""
    return {name: {key: platform.get(key) or held.get(key, "") for key in keys} for name, keys in HOLDS.items()}
