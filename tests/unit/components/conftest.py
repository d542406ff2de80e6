"""A tenth of the real flights, as the steps pass them on."""

import pandas as pd
import pytest

from capstan.data.files import read_tables, write_tables
from components.validate.core import validate
from tests.support import flights


@pytest.fixture(scope="session")
def tables() -> dict[str, pd.DataFrame]:
    """What the flagship loads, with every tenth flight."""
    return flights.real_tables(every=10)


@pytest.fixture
def check(tmp_path):
    """Hold tables against the contract of the flagship; return what is kept, what is set aside and the counts."""

    def run(tables: dict[str, pd.DataFrame]) -> tuple[dict, dict, dict]:
        write_tables(tables, tmp_path / "tables")
        paths = [str(tmp_path / name) for name in ("tables", "clean", "quarantine", "counts.json")]
        counts = validate("flight_delay", *paths)
        return read_tables(paths[1]), read_tables(paths[2]), counts

    run.quarantine = tmp_path / "quarantine"
    return run
