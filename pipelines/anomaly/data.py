"""The series of the Numenta Anomaly Benchmark, and where they come from.

Source: https://github.com/numenta/NAB, MIT for the data: 58 series of one value each, real and made up, of which 52
have anomalies; people marked 120 of them, and a window lies around each.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads
from pipelines.anomaly.columns import STREAM, TIME, VALUE

if TYPE_CHECKING:
    import pandas as pd

POINTS, WINDOWS, ZIP = "nab/nab.parquet", "nab/combined_windows.json", "nab/NAB-1.1.zip"
URL = "https://github.com/numenta/NAB/archive/refs/tags/v1.1.zip"


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the files by name: two of the data folder, or the benchmark's archive."""
    found = {name: downloads.find(name, data_dir) for name in (POINTS, WINDOWS)}
    there = {name: path for name, path in found.items() if path}
    if len(there) == len(found):
        return there
    return {ZIP: downloads.find(ZIP, data_dir) or downloads.fetch(URL, ZIP)}


def tables(data_dir: Path | None) -> dict[str, pd.DataFrame]:
    """Return `points` (stream, time, value), in the order of time, and `windows` (stream, first, last)."""
    import pandas as pd

    paths = files(data_dir)
    if ZIP in paths:
        points, windows = _of_archive(paths[ZIP])
    else:
        points = pd.read_parquet(paths[POINTS], columns=["series", "timestamp", "value"])
        windows = json.loads(paths[WINDOWS].read_text())
    points = points.rename(columns={"series": STREAM, "timestamp": TIME}).astype({STREAM: str, VALUE: float})
    points[STREAM] = points[STREAM].map(named)
    rows = [(named(series), *pair) for series, pairs in windows.items() for pair in pairs]
    marked = pd.DataFrame(rows, columns=[STREAM, "first", "last"])
    there = marked[STREAM].isin(points[STREAM].unique())  # a part of the series has a part of the windows
    marked[["first", "last"]] = marked[["first", "last"]].apply(pd.to_datetime)
    return {"points": points[[STREAM, TIME, VALUE]], "windows": marked[there].reset_index(drop=True)}


def named(series: str) -> str:
    """Return the name of a stream, such as realTweets/Twitter_volume_UPS."""
    return series.removesuffix(".csv")


def _of_archive(path: Path) -> tuple[pd.DataFrame, dict[str, list[list[str]]]]:
    import pandas as pd

    with zipfile.ZipFile(path) as archive:
        inside = {name.partition("/")[2]: name for name in archive.namelist()}
        if "labels/combined_windows.json" not in inside:
            raise CapstanError(f"{path} is not the archive of NAB. Replace or remove it.")
        windows = json.loads(archive.read(inside["labels/combined_windows.json"]))
        parts = []
        for series in windows:
            rows = pd.read_csv(io.BytesIO(archive.read(inside[f"data/{series}"])), parse_dates=["timestamp"])
            parts.append(rows.assign(series=series))
    return pd.concat(parts, ignore_index=True), windows
