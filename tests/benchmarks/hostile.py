"""How long probes and another capstone take while large requests to a capstone are answered or refused.

One client sends requests of up to a megabyte as fast as they are answered or refused; meanwhile another measures.
"""

import base64
import io
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image, ImageDraw

from tests.benchmarks.figures import table
from tests.benchmarks.stack import capstan, environment
from tests.support.small import small

__all__ = ["rows", "table"]
SECONDS, EVERY = 20, 0.05
NAMES = ("digits", "credit_risk")


def picture(mode: str) -> str:
    """Return a PNG of 4096 x 4096 pixels, as a request has it."""
    image = Image.new(mode, (4096, 4096))
    ImageDraw.Draw(image).rectangle([1000, 1000, 1400, 3000], fill="white")
    stream = io.BytesIO()
    image.save(stream, "png", optimize=True)
    return base64.b64encode(stream.getvalue()).decode()


def instances(name: str, rows: list[dict[str, Any]]) -> tuple[str, bytes]:
    """Return the path and the body of a request."""
    return f"/v1/models/{name}:predict", json.dumps({"instances": rows}).encode()


def attacks() -> dict[str, tuple[str, bytes]]:
    """Return the requests, by what they are."""
    loan, bit, colours = request("credit_risk"), picture("1"), picture("RGB")
    return {
        "nothing": ("/v2/health/live", b""),
        "43 images of 16 million pixels": instances("digits", [{"image": bit}] * 43),
        "2 images of 16 million pixels": instances("digits", [{"image": bit}] * 2),
        "1 photograph of 16 million pixels": instances("digits", [{"image": colours}]),
        "80,000 unknown fields": instances("credit_risk", [loan | {f"k{number}": 1 for number in range(80_000)}]),
        "a list of 200,000": instances("credit_risk", [loan | {"amount": ["x"] * 200_000}]),
        "1,000 rows": instances("credit_risk", [loan] * 1_000),
    }


def request(name: str) -> dict[str, Any]:
    """Return a good request to a capstone."""
    known = small(name)
    assert known
    return known.ASKED


def attack(url: str, path: str, body: bytes, until: float) -> Counter[int]:
    """Send one request after the other; return how many answers had which status."""
    statuses: Counter[int] = Counter()
    with httpx.Client(base_url=url, timeout=60) as client:
        while time.monotonic() < until:
            reply = client.post(path, content=body) if body else client.get(path)
            statuses[reply.status_code] += 1
            if not body:
                time.sleep(0.1)
    return statuses


def walls(ask: Callable[[], httpx.Response], until: float) -> np.ndarray:
    """Return the milliseconds of one answer at least. Requests are due every EVERY seconds, and count from then."""
    taken: list[float] = []
    due = time.monotonic()
    while not taken or time.monotonic() < until:
        time.sleep(max(0.0, due - time.monotonic()))
        reply = ask()
        assert reply.is_success, reply.text
        taken.append(1000 * (time.monotonic() - due))
        due += EVERY
    return np.array(taken)


def measure(
    url: str, path: str, body: bytes, attacker: ProcessPoolExecutor, seconds: float
) -> Iterator[tuple[str, np.ndarray, str]]:
    """Attack, and yield how long a probe and the capstone that is not attacked take, with the attacker's answers."""
    other = next(name for name in NAMES if f"/{name}:" not in path)
    until = time.monotonic() + seconds
    attacked = attacker.submit(attack, url, path, body, until)
    asked = {"instances": [request(other)]}
    with httpx.Client(base_url=url, timeout=60) as client:
        live = walls(lambda: client.get("/v2/health/live"), time.monotonic() + seconds / 2)
        predicted = walls(lambda: client.post(f"/v1/models/{other}:predict", json=asked), until)
    answers = ", ".join(f"{count} times {status}" for status, count in sorted(attacked.result().items()))
    yield "the liveness probe", live, answers
    yield f"{other}, a row", predicted, answers


def rows(size: float = 1.0) -> list[dict]:
    """Return how long others take during each kind of request, on its own stack."""
    with tempfile.TemporaryDirectory(prefix="capstan-data-") as folder, environment() as env:
        digits = small("digits")
        assert digits
        digits.write(Path(folder))
        capstan(env | {"CAPSTAN_DATA_DIR": folder}, "run", "digits", "--set", "epochs=3")
        capstan(env, "run", "credit_risk")
        lines = []
        with ProcessPoolExecutor(1, get_context("spawn")) as attacker:  # not this process: it measures
            for what, (path, body) in attacks().items():
                url = f"http://127.0.0.1:{env['CAPSTAN_ENDPOINT_PORT']}"
                for target, taken, answers in measure(url, path, body, attacker, size * SECONDS):
                    late = f"{np.percentile(taken, 99):.1f} ms, median {np.median(taken):.1f} ms"
                    lines.append({"what": f"{what} ({answers}): {target}, p99", "goal": "100 ms", "measured": late})
        return lines
