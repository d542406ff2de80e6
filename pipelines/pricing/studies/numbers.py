"""A number in a table of a study."""

from __future__ import annotations

from capstan.study.protocol import Show


def number(name: str, digits: int) -> Show:
    """Return what shows the mean of a field, and nothing where no line has it."""
    return lambda rows: "" if rows[name].isna().all() else f"{rows[name].mean():.{digits}f}"


def pair(name: str, error: str) -> Show:
    """Return what shows an estimate with its error in brackets."""
    return lambda rows: f"{rows[name].iloc[0]:.2f} ({rows[error].iloc[0]:.2f})"
