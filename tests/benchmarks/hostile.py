"""`python -m tests.benchmarks.hostile`: how long probes and another capstone take while large requests are answered.

Two clients send requests of a megabyte as fast as they are answered or refused; meanwhile another measures.
"""

import base64
import io
import json
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image, ImageDraw

from tests.benchmarks.stack import capstan, environment
from tests.support.small import small

SECONDS, EVERY = 10, 0.01
OTHER = "credit_risk"


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
    asked = small(OTHER).ASKED  # type: ignore[union-attr]
    bit, colours = picture("1"), picture("RGB")
    return {
        "nothing": ("/v2/health/live", b""),
        "43 images of 16 million pixels": instances("digits", [{"image": bit}] * 43),
        "2 images of 16 million pixels": instances("digits", [{"image": bit}] * 2),
        "1 photograph of 16 million pixels": instances("digits", [{"image": colours}]),
        "80,000 unknown fields": instances(OTHER, [asked | {f"k{number}": 1 for number in range(80_000)}]),
        "a list of 250,000": instances(OTHER, [asked | {"amount": ["x"] * 250_000}]),
        "1,000 rows": instances(OTHER, [asked] * 1_000),
    }


def attack(url: str, path: str, body: bytes, until: float, statuses: list[int]) -> None:
    """Send one request after the other."""
    with httpx.Client(base_url=url, timeout=60) as client:
        while time.monotonic() < until:
            reply = client.post(path, content=body) if body else client.get(path)
            statuses.append(reply.status_code)
            if not body:
                time.sleep(0.1)


def walls(ask: Callable[[], httpx.Response], until: float) -> np.ndarray:
    """Return the milliseconds of each answer. Requests are due every EVERY seconds, and count from when they are."""
    taken, due = [], time.monotonic()
    while time.monotonic() < until:
        time.sleep(max(0.0, due - time.monotonic()))
        assert ask().is_success
        taken.append(1000 * (time.monotonic() - due))
        due += EVERY
    return np.array(taken)


def measure(url: str, path: str, body: bytes) -> None:
    """Attack, and print how long the others take."""
    until, statuses = time.monotonic() + SECONDS, list[int]()
    attackers = [threading.Thread(target=attack, args=(url, path, body, until, statuses)) for _ in range(2)]
    for attacker in attackers:
        attacker.start()
    asked = {"instances": [small(OTHER).ASKED]}  # type: ignore[union-attr]
    with httpx.Client(base_url=url, timeout=60) as client:
        half = time.monotonic() + SECONDS / 2
        for what, ask, end in (
            ("liveness", lambda: client.get("/v2/health/live"), half),
            (OTHER, lambda: client.post(f"/v1/models/{OTHER}:predict", json=asked), until),
        ):
            taken = walls(ask, end)
            median, late = np.percentile(taken, [50, 99])
            print(f"  {what:<12} p50 {median:7.1f} ms  p99 {late:7.1f} ms  worst {taken.max():7.1f} ms", flush=True)
    for attacker in attackers:
        attacker.join()
    counts = {status: statuses.count(status) for status in sorted(set(statuses))}
    print(f"  answered: {', '.join(f'{count} times {status}' for status, count in counts.items())}", flush=True)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="capstan-data-") as folder, environment() as env:
        digits = small("digits")
        assert digits
        digits.write(Path(folder))
        capstan(env | {"CAPSTAN_DATA_DIR": folder}, "run", "digits", "epochs=1")
        capstan(env, "run", OTHER)
        for what, (path, body) in attacks().items():
            print(f"{what}, {len(body):,} bytes:", flush=True)
            measure(f"http://127.0.0.1:{env['CAPSTAN_ENDPOINT_PORT']}", path, body)


if __name__ == "__main__":
    main()
