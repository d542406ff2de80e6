"""Load on the endpoint's Service from inside the cluster, while a test does something."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.endpoint import CAPSTONE, FLIGHT, SERVICE
from tests.e2e.kube import Pod

SCRIPT = Path(__file__).parent / "in_pod" / "load.py"


@dataclass
class Load:
    """What the clients received; filled when they have stopped."""

    ids: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)  # answers by each version
    failures: dict[str, int] = field(default_factory=dict)


@contextmanager
def load(client: Pod, clients: int = 4, pause: float = 0.1) -> Iterator[Load]:
    """Keep the endpoint busy from a step's pod. `pause` is how long each client waits after an answer, in seconds."""
    url = f"http://{SERVICE}-predictor.capstan/v1/models/{CAPSTONE}:predict"
    options = {"url": url, "flight": FLIGHT, "clients": clients, "pause": pause}
    child, seen = client.start(SCRIPT, json.dumps(options)), Load()
    try:
        assert child.stderr.readline() == "started\n", child.stderr.read()
        time.sleep(1)
        yield seen
        time.sleep(1)
    finally:
        out, errors = child.communicate(timeout=60)  # ends its input, which ends the clients
    assert child.returncode == 0, errors
    seen.__dict__.update(json.loads(out))
