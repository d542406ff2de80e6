"""Ray for training on workers: here, or on the cluster that RAY_ADDRESS names."""

import os

# A training on Ray workers begins again when it loses one, so often at the most.
LOST_WORKERS = 2


def start_ray() -> None:
    """Connect to the Ray cluster that RAY_ADDRESS names, or start Ray here."""
    import ray

    if not ray.is_initialized():
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # a private instance on loopback
        os.environ.setdefault("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "0.2")
        ray.init(include_dashboard=False, log_to_driver=False)
