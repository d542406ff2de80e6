"""The pages of the console as one user opens them, each worked out again."""

import time

import httpx
import numpy as np

from capstan.settings import settings
from serving.monitoring.recent import SECONDS
from tests.benchmarks.lines import Line
from tests.benchmarks.servers import server

TIMES = 100


def pages(name: str, env: dict[str, str], times: int = TIMES) -> Line:
    """Start an endpoint with these settings; return the p99 of what two pages wait for, in milliseconds.

    The endpoint keeps an answer for some seconds, so each is asked for after these: nothing comes from there.
    """
    own = {"CAPSTAN_HOME": str(settings().home), "CAPSTAN_TRACKING_URI": settings().tracking_uri, "CAPSTAN_SERVE": name}
    took: dict[str, list[float]] = {"": [], f"/{name}": []}
    serving = server(own | env, "/v2/health/ready", "serving", "--port", "PORT", "--grpc-port", "GRPC")
    with serving as url, httpx.Client(base_url=url, timeout=60) as client:
        for _ in range(times):
            time.sleep(SECONDS + 0.05)
            for path, seconds in took.items():
                began = time.perf_counter()
                client.get(f"/v2/monitoring{path}").raise_for_status()
                seconds.append(time.perf_counter() - began)
    overview, detail = (round(1000 * float(np.quantile(seconds, 0.99)), 1) for seconds in took.values())
    return {"overview_ms": overview, "detail_ms": detail}
