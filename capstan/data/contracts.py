"""The rows of a table that keep its contract, and those that break it, with the reasons."""

from typing import TYPE_CHECKING

from capstan.errors import CapstanError

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema


def lacking(frame: "pd.DataFrame", contract: "DataFrameSchema") -> list[str]:
    """Return the columns of a contract that a table lacks. pandera would list every row, which takes minutes."""
    return [name for name, column in contract.columns.items() if column.required and name not in frame]


def check(frame: "pd.DataFrame", contract: "DataFrameSchema", name: str) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Return the good rows, with the contract's types, and the bad ones as they came with a `reason` column.

    Raises CapstanError for a table that breaks its contract as a whole, such as by the type of a column.
    """
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
    by_row = cases.drop_duplicates(["index", "reason"]).groupby("index")["reason"].agg("; ".join)
    bad = frame.loc[by_row.index].assign(reason=by_row)
    good = frame.drop(index=by_row.index)
    if good.empty:
        return good, bad
    good, more = check(good, contract, name)
    return good, pd.concat([bad, more]) if len(more) else bad


def reasons(bad: "pd.DataFrame") -> "pd.Series":
    """Return how many rows break a contract for each reason, most first."""
    return bad["reason"].str.split("; ").explode().value_counts()


def _shorten(condition: str) -> str:
    return condition if len(condition) <= 80 else f"{condition[:60]} ... {condition[-15:]}"
