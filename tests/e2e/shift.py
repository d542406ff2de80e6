"""Predictions that differ from what the flagship was trained on: ten days of one flight again and again."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, FLIGHT, Endpoint

DAY, DAYS, PER_DAY, HOUR = datetime(2013, 11, 4, tzinfo=UTC), 10, 110, timedelta(hours=1)
END = DAY + timedelta(days=DAYS)


def live(endpoint: Endpoint, folder: Path) -> list[str]:
    """Ask for these predictions, send their labels, and return their ids when the object store has them."""
    labels = []
    for day in range(DAYS):
        times = [DAY + timedelta(days=day, hours=2, minutes=6 * number) for number in range(PER_DAY)]
        rows = [
            FLIGHT | {"sched_dep": departure.isoformat(), "sched_arr": (departure + 3 * HOUR).isoformat()}
            for departure in times
        ]
        for number, answer in enumerate(endpoint.predict(*rows)):
            known = (times[number] + 4 * HOUR).isoformat()
            labels.append({"prediction_id": answer["prediction_id"], "label": number % 4 == 0, "known_at": known})
    file = folder / "labels.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in labels))
    time.sleep(35)  # by then the endpoint has moved its log to the object store
    sent = kube.answer("labels", "load", CAPSTONE, str(file))
    assert sent["accepted"] == DAYS * PER_DAY, sent
    return [row["prediction_id"] for row in labels]


def look() -> dict:
    """Look at the ten days; return how many checks there were, and how many alarm."""
    live: dict = kube.answer("monitor", CAPSTONE, "--as-of", END.isoformat(), "--hours", "240")["live"]
    return live
