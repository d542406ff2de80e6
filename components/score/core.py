"""The step `score`: a table through a version, with the endpoint's checks and the features of the offline store."""

import os
from datetime import UTC, datetime

from capstan import notes

DAY = "{date}"


def score(
    capstone: str, source: str, output: str, version: str, keep: list[str], log: bool, workers: int
) -> dict[str, float]:
    """Score the rows of `source` into the folder `output`, or go on with it; return the rows answered and refused.

    source, output: paths or s3:// addresses; `{date}` in them becomes the day of the run, in UTC. version: "" is the
    champion. keep: columns that go to the output. log: whether the answers join the prediction log. workers: of Ray; 0
    scores in this process, -1 has a worker for each core. Raises CapstanError for input that cannot be read.
    """
    from serving.batch import run

    source, output = dated(source), dated(output)
    done = run.score(capstone, source, output, version, keep, log, each_core(workers))
    if done["refused"]:
        notes.note(f"{done['refused']:,} rows were refused: {output}/_refused says why.")
    return {name: done[name] for name in ("answered", "refused", "pieces")}


def dated(place: str) -> str:
    """Return a place with the day of now, as YYYY-MM-DD, where it says `{date}`."""
    return place.replace(DAY, f"{datetime.now(UTC):%Y-%m-%d}")


def each_core(workers: int) -> int:
    """Return a number of workers: for -1, one for each core."""
    return workers if workers >= 0 else os.cpu_count() or 1
