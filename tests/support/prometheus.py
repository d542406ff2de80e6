"""A real Prometheus that scrapes one server every second, and judges the rules as often."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.support.processes import free_port, process, wait_for
from tests.support.promql import PROMETHEUS


@dataclass
class Prometheus:
    """Prometheus, running."""

    client: httpx.Client

    def get(self, path: str, **parameters: str | list[str]) -> Any:
        """Return the data of an answer of its API."""
        reply = self.client.get(f"/api/v1/{path}", params=parameters)
        assert reply.status_code == 200, f"{parameters}: {reply.text}"
        return reply.json()["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an expression, as of now."""
        series: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return series


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[Prometheus]:
    """The example's scrape configuration with another target and a second in place of 15."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(PROMETHEUS / name) for name in config["rule_files"]]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [target]}]
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    port, log = free_port(), folder / "log"
    command = ["prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data"]
    with process([*command, f"--web.listen-address=127.0.0.1:{port}"], log) as child:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/-/ready", child, log)
        with httpx.Client(base_url=url, timeout=30) as client:
            yield Prometheus(client)
