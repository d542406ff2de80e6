"""What the checks need of a log of any size: its pieces are counted one after the other, or by Ray, and added up.

A process holds one piece. The result is that of all predictions at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import starmap
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from capstan import catalogue
from capstan.contract.capstone import Capstone
from capstan.ray_workers import each, with_ray
from monitoring import json_signals, signals
from monitoring.checks import daily_counts, quality
from monitoring.checks.daily_counts import DailyCounts
from monitoring.checks.quality import Tally
from monitoring.references import Reference, signals_of
from predictions.labelled import known_labels, of_piece
from predictions.pieces import Piece, Wanted
from predictions.reader import loads_each, parsed

if TYPE_CHECKING:
    import pyarrow as pa

PARSED = 20_000  # rows whose JSON is Python's values at a time: those take more memory than the text
COLUMNS = "log.prediction_time, log.inputs, log.features, log.prediction, known.label"


@dataclass(frozen=True)
class Counted:
    """Predictions of a version, how many of them have a label, their tally by day, and what breaks the contracts."""

    predictions: int = 0
    labels: int = 0
    days: DailyCounts | None = None
    contract: Mapping[str, Tally] = field(default_factory=dict)

    def plus(self, other: "Counted", like: DailyCounts) -> "Counted":
        """Return the counts of both, on the grids of the reference."""
        days = [part.days for part in (self, other) if part.days]
        return Counted(
            self.predictions + other.predictions,
            self.labels + other.labels,
            daily_counts.together(days, like) if days else None,
            quality.added([self.contract, other.contract]),
        )


class Ask(NamedTuple):
    """What is counted of each piece. newest: since when predictions are held to the contracts."""

    capstone: str
    against: Reference
    wanted: Wanted
    newest: datetime


def of_frame(task: Capstone, log: pd.DataFrame, against: Reference, newest: datetime, first: int = 0) -> Counted:
    """Return the counts of predictions of a version, as the log has them. first: predictions before them."""
    if log.empty:
        return Counted()
    latest = log[log["prediction_time"] >= newest]
    return _counts(task, log["label"], signals_of(task, log, against), [latest], against, first)


def of_pieces(
    capstone: str, against: Reference, wanted: Wanted, newest: datetime, known_by: datetime, parts: Sequence[Piece]
) -> Counted:
    """Return the counts of the wanted predictions of a version, with the labels that were known by an instant.

    As CAPSTAN_ENGINE says, Ray counts the pieces.
    """
    like = against.counted
    # Of the reference, a piece needs the columns, and the grids of its tally.
    light = replace(against, rows=against.rows.head(0), counted=replace(like, counts={}, sums={}, scored=None))
    ask = Ask(capstone, light, wanted, newest)
    asked = ((piece, known_labels(capstone, piece, known_by), first) for piece, first in _firsts(ask, parts))
    total = Counted()
    on_ray = with_ray(sum(piece.rows for piece in parts))
    for counted in each(count, ask, asked) if on_ray else starmap(partial(count, ask), asked):
        total = total.plus(counted, like)
    return total


def count(ask: Ask, piece: Piece, known: pd.DataFrame, first: int = 0) -> Counted:
    """Return the counts of a piece. known: its labels. first: predictions in the pieces before."""
    task, against = catalogue.load(ask.capstone), ask.against
    log = of_piece(ask.capstone, against.version, piece, ask.wanted, COLUMNS, known)
    if not len(log):
        return Counted()
    rows = None if task.live_signals else _signals(task, log, against)
    if rows is None:
        return of_frame(task, parsed(log), against, ask.newest, first)
    import pyarrow.compute as pc

    latest = log.filter(pc.field("prediction_time") >= ask.newest)
    some = (parsed(latest.slice(start, PARSED)) for start in range(0, len(latest), PARSED))
    return _counts(task, _labels(log), rows, some, against, first)


def _counts(
    task: Capstone, labels: "pd.Series", rows: "pd.DataFrame | pa.Table", latest: Iterable[pd.DataFrame],
    against: Reference, first: int,
) -> Counted:  # fmt: skip
    contract: dict[str, Tally] = {}
    if "contract" in task.capabilities:
        contract = quality.added(quality.tally(signals.inputs(part), task.contracts()) for part in latest)
    days = daily_counts.recent(rows, against.checks, against.counted, first)
    return Counted(len(rows), int(labels.notna().sum()), days, contract)


def _signals(task: Capstone, log: "pa.Table", against: Reference) -> "pa.Table | None":
    """Return the signals of logged predictions, read by DuckDB, with the label and the time; None where it cannot."""
    import pyarrow as pa

    outcome, time = task.OUTCOME, against.checks.time
    own = {time, outcome.target if outcome else None}
    rows = json_signals.of_json(log, against.rows[[name for name in against.rows if name not in own]])
    if rows is None:
        return None
    if time:
        rows = rows.append_column(time, log["prediction_time"])
    if outcome and outcome.target in against.rows and log["label"].null_count < len(log):
        labels = signals.outcomes(task, outcome, _labels(log))
        rows = rows.append_column(outcome.target, pa.array(labels, from_pandas=True))
    return rows


def _labels(log: "pa.Table") -> "pd.Series":
    return loads_each(log["label"].to_pandas())


def _firsts(ask: Ask, parts: Sequence[Piece]) -> Iterator[tuple[Piece, int]]:
    """Yield each piece with the predictions before it, which matter where their order takes the place of a time."""
    nobody, before = pd.DataFrame({"prediction_id": pd.Series(dtype=str)}), 0
    for piece in parts:
        yield piece, before
        if ask.against.checks.time is None:
            ids = of_piece(ask.capstone, ask.against.version, piece, ask.wanted, "log.prediction_id", nobody)
            before += len(ids)
