"""NASA's simulated turbofan engines, cycle by cycle, and where the files come from.

Source: Saxena and Goebel, "Turbofan Engine Degradation Simulation Data Set", NASA Prognostics Data Repository (2008), a
work of the United States government, in the public domain.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from capstan.errors import CapstanError
from capstan.inputs import downloads
from pipelines.maintenance.columns import CYCLE, LABEL, SENSORS, SETTINGS, SUBSET, SUBSETS, UNIT

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "cmapss"
CYCLES, LIVES, ZIP = (f"{FOLDER}/{name}" for name in ("cycles.parquet", "rul.parquet", "CMAPSSData.zip"))
URL = "https://phm-datasets.s3.amazonaws.com/NASA/6.+Turbofan+Engine+Degradation+Simulation+Data+Set.zip"  # holds ZIP
COLUMNS = [UNIT, CYCLE, *SETTINGS, *SENSORS]


class Engine(NamedTuple):
    """Consecutive cycles of an engine: their numbers and cycles left, (n,), settings, (n, 3), and sensors, (n, 21)."""

    name: str
    cycle: np.ndarray
    settings: np.ndarray
    sensors: np.ndarray
    left: np.ndarray


def find(data_dir: Path | None) -> list[Path]:
    """Return the paths of both parquet files, or of NASA's archive: of data folder or cache, else downloaded."""
    both = [downloads.find(name, data_dir) for name in (CYCLES, LIVES)]
    if all(both):
        return [path for path in both if path]
    return [downloads.find(ZIP, data_dir) or downloads.fetch(URL, ZIP)]


def cycles(paths: list[Path]) -> pd.DataFrame:
    """Return one row per cycle of the engines to learn from and to test on, with the cycles that were left then.

    Raises CapstanError when a column or an engine's label is missing.
    """
    import pandas as pd

    rows, lives = (pd.read_parquet(path) for path in paths) if len(paths) == 2 else unpacked(paths[0])
    if missing := sorted({SUBSET, "split", *COLUMNS} - set(rows.columns)):
        raise CapstanError(f"{paths[0]} lacks the columns {', '.join(missing)}. Replace or remove it.")
    keys = [SUBSET, "split", UNIT]
    rows = rows.merge(lives.assign(split="test"), on=keys, how="left")
    after = rows["rul"].where(rows["split"] == "test", 0)
    rows[LABEL] = after + rows.groupby(keys)[CYCLE].transform("max") - rows[CYCLE]
    kept = [SUBSET, "split", *COLUMNS, LABEL]
    return rows[kept].astype({UNIT: int, CYCLE: int} | dict.fromkeys([*SETTINGS, *SENSORS, LABEL], float))


def unpacked(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cycles and the labels of the engines to test on, from NASA's archive, or the one that holds it."""
    import pandas as pd

    archive = zipfile.ZipFile(path)
    if inner := [name for name in archive.namelist() if name.endswith("CMAPSSData.zip")]:
        archive = zipfile.ZipFile(io.BytesIO(archive.read(inner[0])))
    rows, lives = [], []
    for subset in SUBSETS:
        for split in ("train", "test"):
            text = io.BytesIO(archive.read(f"{split}_{subset}.txt"))
            part = pd.read_csv(text, sep=r"\s+", header=None, names=COLUMNS)
            rows.append(part.assign(**{SUBSET: subset, "split": split}))
        left = pd.read_csv(io.BytesIO(archive.read(f"RUL_{subset}.txt")), sep=r"\s+", header=None)[0]
        lives.append(pd.DataFrame({SUBSET: subset, UNIT: np.arange(1, len(left) + 1), "rul": left}))
    return pd.concat(rows, ignore_index=True), pd.concat(lives, ignore_index=True)


def engines(rows: pd.DataFrame) -> list[Engine]:
    """Return the engines of some rows, in the order of their subset and number."""
    fleet = []
    for (subset, unit), own in rows.sort_values([SUBSET, UNIT, CYCLE]).groupby([SUBSET, UNIT], sort=False):
        values = (own[CYCLE], own[SETTINGS], own[SENSORS], own[LABEL])
        fleet.append(Engine(f"{subset}-{unit}", *(part.to_numpy() for part in values)))
    return fleet


def cut_off(engines: list[Engine], left: Sequence[int]) -> list[Engine]:
    """Return engines that have so many cycles left at their end: for each, one of those with the shortest lives."""
    short = sorted(engines, key=lambda candidate: candidate.cycle[-1] + candidate.left[-1])
    fleet = []
    for cycles in left:
        if fits := [place for place, candidate in enumerate(short) if candidate.left[-1] <= cycles]:
            engine = short.pop(fits[0])
            known = engine.left >= cycles
            fleet.append(Engine(engine.name, *(part[known] for part in engine[1:])))
    return fleet
