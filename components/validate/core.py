"""Validate: check every table against its contract, and set aside the rows that break it, with the reason."""

from pathlib import Path
from typing import TYPE_CHECKING

from capstan.catalogue import load
from capstan.contracts import check, lacking, reasons
from capstan.errors import CapstanError
from capstan.files import read_tables, write_json, write_table, write_tables

if TYPE_CHECKING:
    import pandas as pd


def validate(capstone: str, tables: str, clean: str, quarantine: str, metrics: str) -> dict[str, float]:
    """Write the rows that keep the contract to `clean`, the others with a `reason` column to `quarantine`.

    Return the number and the share of the rows set aside, by table.
    Raises CapstanError when a column is missing, or when the share of bad rows is above the task's CONTRACT_LIMIT. The
    quarantine is written in any case.
    """
    task = load(capstone)
    kept: dict[str, pd.DataFrame] = {}
    counts: dict[str, float] = {}
    broken: list[str] = []
    Path(quarantine).mkdir(parents=True, exist_ok=True)
    contracts, found = task.contracts(), read_tables(tables)
    if found.keys() != contracts.keys():
        raise CapstanError(
            f"The tables are {', '.join(found) or 'none'}; the contract in pipelines/{capstone} is of "
            f"{', '.join(contracts)}. Fix the source, or the contract."
        )
    for name, frame in found.items():
        if frame.empty:
            raise CapstanError(f"The table {name} has no rows. Fix the source.")
        if missing := lacking(frame, contracts[name]):
            raise CapstanError(f"The table {name} lacks the columns {', '.join(missing)}. Fix the source.")
        kept[name], bad = check(frame, contracts[name], name)
        share = len(bad) / len(frame)
        counts |= {f"{name}_quarantined": len(bad), f"{name}_quarantined_share": share}
        if len(bad):
            write_table(bad, Path(quarantine) / f"{name}.parquet")
        if share > task.CONTRACT_LIMIT:
            listed = ", ".join(f"{reason} ({count} rows)" for reason, count in reasons(bad).head(3).items())
            broken.append(f"{len(bad):,} of {len(frame):,} rows of {name} ({share:.1%}) break the contract: {listed}")
    if broken:
        raise CapstanError(
            f"{'. '.join(broken)}. At most {task.CONTRACT_LIMIT:.1%} may. The rows are in {quarantine}. Fix the "
            f"source, or the contract in pipelines/{capstone}."
        )
    write_tables(kept, clean)
    return write_json(counts, metrics)
