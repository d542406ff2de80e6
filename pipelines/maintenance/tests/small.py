"""The engines of FD001, and fewer rounds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

from capstan import catalogue
from capstan.settings import settings
from pipelines.maintenance import data, log
from pipelines.maintenance.example import EXAMPLE
from tests.support.data import DATA_DIR

SETTINGS: dict[str, object] = {"rounds": 100}
ASKED = {"log": EXAMPLE, "hangar": 1, "failure_cost": 10.0}
REFUSED = ({"log": EXAMPLE.replace("518.67", "cold", 1)}, "log")
KNOWN_LATER = ["left"]
ACTUALS = [112.0, 120.0, 98.0]


def write(folder: Path) -> None:
    """Write the engines of FD001."""
    (folder / data.FOLDER).mkdir(exist_ok=True)
    for name, path in zip((data.CYCLES, data.LIVES), data.find(DATA_DIR), strict=True):
        pd.read_parquet(path).query("subset == 'FD001'").to_parquet(folder / name)


def check(run: dict[str, Any], folder: Path) -> None:
    """Requests about engines of FD002 alarm: five of their six conditions were never flown by those of FD001."""
    from monitoring.retraining.watcher import Watcher

    cycles = data.cycles(data.find(DATA_DIR)).query("subset == 'FD002' and split == 'test' and cycle <= 60")
    logs = [{"log": log.written(engine, 1)} for engine in data.engines(cycles)]
    url = f"{settings().endpoint_url}/v1/models/maintenance:predict"
    for start in range(0, len(logs), 40):
        httpx.post(url, json={"instances": logs[start : start + 40]}, timeout=60).raise_for_status()
    watcher = Watcher("maintenance", catalogue.load("maintenance"))
    watcher(datetime.now(UTC))
    alarms = {
        outcome.signal for outcome in watcher.snapshot.checks if (outcome.name, outcome.verdict) == ("drift", "alarm")
    }
    assert {"new_conditions", "s11_level"} <= alarms, alarms
