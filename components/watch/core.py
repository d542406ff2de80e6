"""Watch: an Evidently report of what the champion answered lately."""

from html import escape
from pathlib import Path

from capstan import notes


def watch(capstone: str, hours: float, run_id: str, html: str) -> dict[str, float]:
    """Write the report on the champion's predictions of the last hours as HTML, and add it to the workspace.

    Return the number of predictions and, if there were enough for a report, of columns and of those that drifted.
    """
    from monitoring import live

    found = live.watch(capstone, hours, run_id)
    if found.note:
        notes.note(found.note)
    Path(html).parent.mkdir(parents=True, exist_ok=True)
    Path(html).write_bytes(found.page or f"<!doctype html><p>{escape(found.note)}</p>".encode())
    return found.counts
