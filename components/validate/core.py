"""Validate: check every table against its contract, and set aside the rows that break it, with the reason."""

from pathlib import Path
from typing import TYPE_CHECKING

from capstan.catalogue import load_task
from capstan.errors import CapstanError
from capstan.files import read_tables, write_json, write_table, write_tables

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema


def validate(capstone: str, tables: str, clean: str, quarantine: str, metrics: str) -> dict[str, float]:
    """Write the rows that keep the contract to `clean`, the others with a `reason` column to `quarantine`.

    Return the number and the share of the rows set aside, by table.
    Raises CapstanError when a column is missing, or when the share of bad rows is above the task's CONTRACT_LIMIT. The
    quarantine is written in any case.
    """
    task = load_task(capstone)
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
        # For a missing column, pandera would list every row, which takes minutes.
        if missing := [column for column in contracts[name].columns if column not in frame]:
            raise CapstanError(f"The table {name} lacks the columns {', '.join(missing)}. Fix the source.")
        kept[name], bad = check(frame, contracts[name], name)
        share = len(bad) / len(frame)
        counts |= {f"{name}_quarantined": len(bad), f"{name}_quarantined_share": share}
        if len(bad):
            write_table(bad, Path(quarantine) / f"{name}.parquet")
        if share > task.CONTRACT_LIMIT:
            reasons = bad["reason"].str.split("; ").explode().value_counts().head(3)
            listed = ", ".join(f"{reason} ({count} rows)" for reason, count in reasons.items())
            broken.append(f"{len(bad):,} of {len(frame):,} rows of {name} ({share:.1%}) break the contract: {listed}")
    if broken:
        raise CapstanError(
            f"{'. '.join(broken)}. At most {task.CONTRACT_LIMIT:.1%} may. The rows are in {quarantine}. Fix the "
            f"source, or the contract in pipelines/{capstone}."
        )
    write_tables(kept, clean)
    return write_json(counts, metrics)


def check(frame: "pd.DataFrame", contract: "DataFrameSchema", name: str) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Return the good rows, with the contract's types, and the bad ones as they came with a `reason` column."""
    import pandas as pd
    from pandera.errors import SchemaErrors

    frame = frame.reset_index(drop=True)
    try:
        return contract.validate(frame, lazy=True), frame.head(0).assign(reason="")
    except SchemaErrors as error:
        cases = error.failure_cases
    # pandera does not check a column with a value that it cannot read. It checks it again below, without that row.
    unread = cases[cases["index"].notna() & cases["check"].astype(str).str.startswith("coerce_dtype")]
    whole = cases[cases["index"].isna() & ~cases["column"].isin(unread["column"])]
    if len(whole):
        listed = [f"{case.column or 'table'}: {case.check}: {case.failure_case}" for case in whole.head(5).itertuples()]
        raise CapstanError(f"The table {name} breaks its contract as a whole: {'; '.join(listed)}. Fix the source.")
    cases = cases[cases["index"].notna()]
    cases = cases.assign(reason=cases["column"].astype(str) + ": " + cases["check"].astype(str).map(_shorten))
    reasons = cases.drop_duplicates(["index", "reason"]).groupby("index")["reason"].agg("; ".join)
    bad = frame.loc[reasons.index].assign(reason=reasons)
    good = frame.drop(index=reasons.index)
    if good.empty:
        return good, bad
    good, more = check(good, contract, name)
    return good, pd.concat([bad, more]) if len(more) else bad


def _shorten(condition: str) -> str:
    return condition if len(condition) <= 80 else f"{condition[:60]} ... {condition[-15:]}"
