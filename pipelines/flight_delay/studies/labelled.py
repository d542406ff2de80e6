"""The flights of the training set that have a label, as the steps of a run make them."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from capstan.data.files import read_tables, write_tables
from capstan.settings import settings
from components.build_features.core import build_features
from pipelines.flight_delay import task
from pipelines.flight_delay.columns import LABEL


@cache
def labelled() -> pd.DataFrame:
    """Return the labelled rows of the training set, as the steps make it."""
    with TemporaryDirectory() as name:
        write_tables(task.load(settings().data_dir), Path(name) / "tables")
        paths = [str(Path(name) / part) for part in ("tables", "features", "training_set", "counts.json")]
        build_features("flight_delay", *paths)
        rows = read_tables(Path(name) / "training_set")["training_set"]
    return rows[rows[LABEL].notna()].reset_index(drop=True)
