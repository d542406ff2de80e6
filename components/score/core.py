"""The step `score`: a table through a version, with the endpoint's checks and the features of the offline store."""

from datetime import UTC, datetime
from typing import Any

from capstan import notes

DAY = "{date}"


def score(
    capstone: str, source: str, output: str, version: str, keep: list[str], log: bool, workers: int
) -> dict[str, float]:
    """Score the rows of `source` into the folder `output`, or go on with it; return the rows answered and refused.

    source, output: paths or s3:// addresses; `{date}` in them becomes the day of the run, in UTC. version: "" is the
    champion. keep: columns that go to the output. log: whether the answers join the prediction log. workers: of Ray; 0
    scores in this process, -1 has a worker for each core unless the input is small.

    Raises CapstanError for input that cannot be read.
    """
    from serving.batch import run

    source, output = dated(source), dated(output)
    done = run.score(capstone, source, output, version, keep, log, workers if workers >= 0 else None)
    for line in left_out(done, output):
        notes.note(line)
    return {name: done[name] for name in ("answered", "refused", "pieces")}


def left_out(done: dict[str, Any], output: str) -> list[str]:
    """Return what a person should know of a batch, besides its counts."""
    columns, links = done["left out"]["columns"], done["left out"]["links"]
    lines = [f"The index of a frame was left out: the column {' and '.join(map(repr, columns))}."] if columns else []
    if links:
        lines.append(f"{links:,} links were left out: they lead out of the folder, to a folder above them, or nowhere.")
    if done["refused"]:
        lines.append(f"{done['refused']:,} rows were refused: {output}/_refused says why.")
    return lines


def dated(place: str) -> str:
    """Return a place with the day of now, as YYYY-MM-DD, where it says `{date}`."""
    return place.replace(DAY, f"{datetime.now(UTC):%Y-%m-%d}")
