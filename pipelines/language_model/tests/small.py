"""The first plays."""

import asyncio
from pathlib import Path
from typing import Any

from capstan.settings import settings
from tests.support.plays import write

__all__ = ["write"]

SETTINGS = {"rounds": 3, "width": 32, "layers": 1}
CLUSTER = [f"{name}={value}" for name, value in SETTINGS.items()]
ASKED = {"prompt": "ROMEO:\n", "max_tokens": 20, "seed": 3}
REFUSED = ({"prompt": "", "max_tokens": 20}, "prompt")


def check(run: dict[str, Any], folder: Path) -> None:
    """A short mixed load: what is wrong is refused, all else is answered or has to wait, and no page is lost."""
    from pipelines.language_model.studies.speed import clients

    url = settings().endpoint_url
    ended, samples = asyncio.run(clients.load(url, minutes=0.08, at_once=50))
    refused = {status for (kind, status) in ended if kind == "refused"}
    assert 400 in refused <= {400, 503}, ended
    assert {status for (kind, status) in ended if kind != "refused"} <= {200, 503}, ended
    assert {kind for kind, status in ended if status == 200} >= {"plain", "never stops", "schema", "leaves"}, ended
    assert max(sample["pages held"] for sample in samples) > 0
    left = clients.left(url)
    assert left["running"] == left["waiting"] == left["pages held"] == 0 < left["pages"], left
