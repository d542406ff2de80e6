"""The shorter series."""

from pathlib import Path
from typing import Any

import httpx

from capstan.settings import settings
from pipelines.anomaly import data
from tests.support.data import DATA_DIR

SETTINGS: dict[str, object] = {}
ASKED = {"stream": "realTraffic/speed_7578"}
REFUSED = ({"stream": "no/such_stream"}, "stream")
KNOWN_LATER = ["anomaly"]
ACTUALS = [False, True]
LONGEST = 4_100  # values of a series


def write(folder: Path) -> None:
    """Write the series that are short, and the windows."""
    import pandas as pd

    points = pd.read_parquet(data.files(DATA_DIR)[data.POINTS])
    sizes = points.groupby("series", observed=True)["value"].transform("size")
    (folder / "nab").mkdir()
    points[sizes <= LONGEST].to_parquet(folder / data.POINTS)
    (folder / data.WINDOWS).write_text(data.files(DATA_DIR)[data.WINDOWS].read_text())


def check(run: dict[str, Any], folder: Path) -> None:
    """Values that arrive together are known to the next answer: a jump is an alert. One of the past leaves none."""
    from monitoring.alerts import alerts

    path, stream = f"{settings().endpoint_url}/v1/models/anomaly", "test/steady"
    values = [
        {"stream": stream, "time": f"2026-01-01T{minute // 60:02}:{minute % 60:02}:00Z", "value": minute % 7}
        for minute in range(90)
    ]
    late = {**values[0], "time": "2025-01-01T00:00:00Z"}
    refused = httpx.post(f"{path}:events", json={"events": [*values, late]})
    assert refused.status_code == 400 and "row 90, time" in refused.json()["error"], refused.text
    request = {"instances": [{"stream": stream}]}
    assert httpx.post(f"{path}:predict", json=request).status_code == 400
    httpx.post(f"{path}:events", json={"events": values}).raise_for_status()
    [calm] = httpx.post(f"{path}:predict", json=request).raise_for_status().json()["predictions"]
    jump = {"stream": stream, "time": "2026-01-01T01:30:00Z", "value": 60.0}
    httpx.post(f"{path}:event", json=jump).raise_for_status()
    [alert] = httpx.post(f"{path}:predict", json=request).raise_for_status().json()["predictions"]
    assert (calm["decision"], alert["decision"]) == ("normal", "alert")
    assert alert["reasons"][0]["signal"] == "beyond" and alert["since"] == 0
    hall = [{"stream": "test/hall", "time": row["time"], "values": {"a": 5, "b": row["value"]}} for row in values]
    hall[-1]["values"]["b"] = 60
    httpx.post(f"{path}:events", json={"events": hall}).raise_for_status()
    asked = httpx.post(f"{path}:predict", json={"instances": [{"stream": "test/hall"}]})
    [prediction] = asked.raise_for_status().json()["predictions"]
    assert prediction["decision"] == "alert" and [entry["column"] for entry in prediction["columns"]] == ["b", "a"]
    [alarm] = [entry for entry in alerts().alerts("anomaly") if stream in entry.condition.message]
    assert "60 at 2026-01-01 01:30:00 UTC" in alarm.condition.message and alarm.cleared_at == alarm.opened_at
