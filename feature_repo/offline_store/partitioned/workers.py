"""Ray tasks: a function for each part, on the workers of the Ray that RAY_ADDRESS names, or of one started here."""

import os
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

RETRIES = 3  # of a task whose worker was killed; each writes its files again, under the same names


def run(function: Callable[..., Any], parts: Iterable[tuple[Any, ...]], deadline: float | None = None) -> list[Any]:
    """Return what the function returns for each part, in their order.

    Args:
        deadline: of the monotonic clock. What still runs then is cancelled.

    Raises:
        TimeoutError: the deadline has passed.
    """
    import ray
    from ray.exceptions import GetTimeoutError

    if not ray.is_initialized():
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # one that is started here listens on loopback
        ray.init(include_dashboard=False, log_to_driver=False)
    remote = ray.remote(num_cpus=1, max_retries=RETRIES)(function)
    futures = [remote.remote(*part) for part in parts]
    try:
        left = None if deadline is None else max(deadline - monotonic(), 0.0)
        done: list[Any] = ray.get(futures, timeout=left)
    except GetTimeoutError as error:
        for future in futures:
            ray.cancel(future, force=True)
        raise TimeoutError(
            "The query was interrupted after its timeout: raise the timeout, or ask for fewer rows or feature views"
        ) from error
    return done
