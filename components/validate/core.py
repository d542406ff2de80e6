"""Validate: hold every table against its contract; set the rows that break it aside, with the reason."""

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

    Return the rows set aside and their share, by table.
    Raises CapstanError when a column is missing or a larger share than the task's CONTRACT_LIMIT is bad; the quarantine
    is written all the same.
    """
    task = load_task(capstone)
    kept, counts, broken = {}, {}, []
    Path(quarantine).mkdir(parents=True, exist_ok=True)
    contracts = task.contracts()
    for name, frame in read_tables(tables).items():
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
            f"{'. '.join(broken)}. At most {task.CONTRACT_LIMIT:.1%} may. The rows are in {quarantine}: mend the "
            f"source, or the contract in pipelines/{capstone}."
        )
    write_tables(kept, clean)
    return write_json(counts, metrics)


def check(frame: "pd.DataFrame", contract: "DataFrameSchema", name: str) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Return the good rows, with the contract's types, and the bad ones as they came with a `reason` column."""
    from pandera.errors import SchemaErrors

    frame = frame.reset_index(drop=True)
    try:
        return contract.validate(frame, lazy=True), frame.head(0).assign(reason="")
    except SchemaErrors as error:
        cases = error.failure_cases
    whole = cases[cases["index"].isna()]
    if len(whole):
        problems = "; ".join(f"{case.check}: {case.failure_case}" for case in whole.head(5).itertuples())
        raise CapstanError(f"The table {name} breaks its contract as a whole: {problems}. Mend the source.")
    cases = cases.assign(reason=cases["column"].astype(str) + ": " + cases["check"].astype(str))
    reasons = cases.drop_duplicates(["index", "reason"]).groupby("index")["reason"].agg("; ".join)
    bad = frame.loc[reasons.index].assign(reason=reasons)
    good = frame.drop(index=reasons.index)
    return (contract.validate(good) if len(good) else good), bad
