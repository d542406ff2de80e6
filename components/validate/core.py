"""Validate: check every table against its contract, and set aside the rows that break it, with the reason."""

import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.catalogue import load
from capstan.data.batches import Batches
from capstan.data.contracts import check, lacking, reasons
from capstan.data.files import BatchWriter, read_tables, write_json, write_table
from capstan.errors import CapstanError

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema


def validate(capstone: str, tables: str, clean: str, quarantine: str, metrics: str) -> dict[str, float]:
    """Write the rows that keep the contract to `clean`, the others with a `reason` column to `quarantine`.

    Return the number and the share of the rows set aside, by table.
    Raises CapstanError when a column is missing, or when the share of bad rows is above the task's CONTRACT_LIMIT. The
    quarantine is written in any case.
    """
    task = load(capstone)
    counts: dict[str, float] = {}
    broken: list[str] = []
    Path(quarantine).mkdir(parents=True, exist_ok=True)
    contracts, loaded = task.contracts(), read_tables(tables)
    if loaded.keys() != contracts.keys():
        raise CapstanError(
            f"The tables are {', '.join(loaded) or 'none'}; the contract in pipelines/{capstone} is of "
            f"{', '.join(contracts)}. Fix the source, or the contract."
        )
    for name, table in loaded.items():
        if not len(table):
            raise CapstanError(f"The table {name} has no rows. Fix the source.")
        if missing := lacking(table.head(0), contracts[name]):
            raise CapstanError(f"The table {name} lacks the columns {', '.join(missing)}. Fix the source.")
        bad, why = _divide(table, contracts[name], name, Path(clean), Path(quarantine))
        share = bad / len(table)
        counts |= {f"{name}_quarantined": bad, f"{name}_quarantined_share": share}
        if share > task.CONTRACT_LIMIT:
            listed = ", ".join(f"{reason} ({count} rows)" for reason, count in why.most_common(3))
            broken.append(f"{bad:,} of {len(table):,} rows of {name} ({share:.1%}) break the contract: {listed}")
    if broken:
        shutil.rmtree(clean)
        raise CapstanError(
            f"{'. '.join(broken)}. At most {task.CONTRACT_LIMIT:.1%} may. The rows are in {quarantine}. Fix the "
            f"source, or the contract in pipelines/{capstone}."
        )
    return write_json(counts, metrics)


def _divide(
    table: "pd.DataFrame | Batches", contract: "DataFrameSchema", name: str, clean: Path, quarantine: Path
) -> tuple[int, Counter[str]]:
    """Write the good rows of a table and the bad ones. Return the number of bad rows, and how many for each reason."""
    if not isinstance(table, Batches):
        good, bad = check(table, contract, name)
        write_table(good, clean / f"{name}.parquet")
        if len(bad):
            write_table(bad, quarantine / f"{name}.parquet")
        return len(bad), Counter(reasons(bad).to_dict())
    kept, aside, why = BatchWriter(clean / name), BatchWriter(quarantine / name), Counter[str]()
    for batch in table:
        good, bad = check(batch, contract, name)
        kept.write(good)
        if len(bad):
            aside.write(bad)
            why.update(reasons(bad).to_dict())
    return aside.rows, why
