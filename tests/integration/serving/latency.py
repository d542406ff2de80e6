"""Measures the flagship's request latency, seven views on SQLite: `python -m tests.unit.serving.latency [CLIENTS]`.

The model is a trivial one, so that what is measured is the server and the feature look-up.
"""

import os
import statistics
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil

from tests.integration.serving.conftest import Mlflow, free_port, process, wait_for

FLIGHT = {
    "carrier": "UA",
    "origin": "EWR",
    "dest": "ORD",
    "tailnum": "N14228",
    "sched_dep": "2013-06-01T13:00:00Z",
    "sched_arr": "2013-06-01T15:30:00Z",
}
REQUESTS = 3000


def write_features(store) -> list[str]:
    """Write a row of every stored view, all known just before the flight; return the features."""
    import pandas as pd

    now, features = datetime(2013, 6, 1, 11, 30, tzinfo=UTC), []
    for view in store.list_feature_views():
        names = [feature.name for feature in view.features]
        keys = {key: FLIGHT[key] for key in view.join_keys}
        row = pd.DataFrame([keys | {"event_timestamp": now, "arrived": now} | dict.fromkeys(names, 1.0)])
        store.write_to_online_store(view.name, row)
        features += names
    return features


def drive(url: str, rows: int, timings: list[float], name: str) -> None:
    with httpx.Client(base_url=url) as client:
        body = {"instances": [FLIGHT] * rows}
        for _ in range(REQUESTS):
            start = time.perf_counter()
            reply = client.post(f"/v1/models/{name}:predict", json=body)
            timings.append((time.perf_counter() - start) * 1000)
            assert reply.status_code == 200, reply.text


def main() -> None:
    clients = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port, url = free_port(), f"http://127.0.0.1:{free_port()}"
        os.environ |= {"CAPSTAN_HOME": str(home), "CAPSTAN_TRACKING_URI": f"http://127.0.0.1:{port}"}
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{home}/m.db", "--artifacts-destination", str(home / "files")]
        child = stack.enter_context(process(command, home / "mlflow", MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false"))
        mlflow = Mlflow(os.environ["CAPSTAN_TRACKING_URI"], child, home / "mlflow")
        from feature_repo.store import apply
        from tests.integration.serving import capstones

        features = write_features(apply("flights"))
        capstones.COLUMNS["flight_delay"] = [*features, "minute_of_day", "weekday", "planned_minutes"]
        wait_for(f"{mlflow.url}/health", child, mlflow.log)
        mlflow.alias("flight_delay", "champion", mlflow.register("flight_delay", 0.0))
        command = [sys.executable, "-m", "serving", "--port", url.rsplit(":", 1)[1], "--grpc-port", str(free_port())]
        server = stack.enter_context(process(command, home / "server"))
        wait_for(f"{url}/v2/models/flight_delay/ready", server, home / "server")
        drive(url, 1, [], "flight_delay")  # warm
        timings: list[float] = []
        start, busy = time.perf_counter(), sum(psutil.Process(server.pid).cpu_times()[:2])
        threads = [threading.Thread(target=drive, args=(url, 1, timings, "flight_delay")) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = len(timings) / (time.perf_counter() - start)
        cpu = (sum(psutil.Process(server.pid).cpu_times()[:2]) - busy) / len(timings) * 1000
        cuts = statistics.quantiles(timings, n=100)
        print(f"{clients} client(s): p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms, {rate:.0f} requests/s", end="")
        print(f", {cpu:.2f} ms of the server's CPU time each")


if __name__ == "__main__":
    main()
