"""Predictions with their labels, as they were known at an instant: what retraining and checks of performance read."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from predictions.find import LONGEST
from predictions.labels import LabelStore, label_store
from predictions.pieces import Piece, Wanted
from predictions.reader import Query, run, select

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

COLUMNS = "known.label, known.known_at, known.received_at, known.late, known.revision"


def labelled(
    model: str,
    since: datetime | None = None,
    until: datetime | None = None,
    known_by: datetime | None = None,
    received_by: datetime | None = None,
    folder: Path | None = None,
    labels: LabelStore | None = None,
    also_unlabelled: bool = False,
    or_answered_since: datetime | None = None,
) -> "pd.DataFrame":
    """Return the predictions of a model that have a label, as of some prediction times, in order of time.

    since, until: of the prediction time, the end excluded. known_by: only labels that were known by then, so that
    nothing from the future leaks; of a label that was corrected, the one that counted then. received_by: only those
    that the server had by then, which repeats what an earlier call has seen. also_unlabelled: those without a label as
    well, whose `label` is None. or_answered_since: those that were answered since, whatever their prediction time.

    The columns are those of the log, and `label`, `known_at`, `received_at`, `late` and `revision`. A prediction that
    a shadow made as well has two rows, which `variant` distinguishes. Raises ValueError for a time without a zone.
    """
    times = {"since": since, "until": until, "known_by": known_by, "received_by": received_by}
    for name, instant in (times | {"or_answered_since": or_answered_since}).items():
        if instant is not None and instant.tzinfo is None:
            raise ValueError(f"`{name}` is {instant}, without a time zone.")
    known = (labels or label_store()).read(model, known_by, received_by, known_since=since)
    answered = known["predicted_at"]  # a shadow may answer after midnight
    days = {f"{day:%Y-%m-%d}" for times in (answered, answered + LONGEST) for day in times.dt.floor("D").unique()}
    wanted = (lambda _day: True) if also_unlabelled else days.__contains__
    return select(
        model,
        folder,
        wanted,
        columns=f", {COLUMNS}",
        join=f"{'LEFT ' if also_unlabelled else ''}JOIN known USING (prediction_id)",
        where="($since IS NULL OR prediction_time >= $since) AND ($until IS NULL OR prediction_time < $until) "
        "OR time >= $or_answered_since",
        tables={"known": known},
        since=since,
        until=until,
        or_answered_since=or_answered_since,
    )


def known_labels(model: str, piece: Piece, known_by: datetime) -> "pd.DataFrame":
    """Return the labels of the predictions of a piece that were known by an instant."""
    known = label_store().read(model, known_by, predicted=(piece.start - LONGEST, piece.end + LONGEST))
    return known[["prediction_id", "label", "known_at", "received_at", "late", "revision"]]


def of_piece(
    model: str, version: str, piece: Piece, wanted: Wanted, columns: str, known: "pd.DataFrame", where: str = "true",
    **values: Any,
) -> "pa.Table":  # fmt: skip
    """Return columns of `log` and of `known` of what clients got from a version in a piece, in order of time.

    No answer of a shadow counts, and no stream that was cut off. known: of `known_labels`. where: what else DuckDB has
    to find true. values: its parameters. JSON stays text, that of the labels too.
    """
    query = Query(
        columns,
        "LEFT JOIN known USING (prediction_id)",
        "log.version = $version AND log.variant <> 'shadow' AND NOT log.partial "
        "AND time >= $start AND time < $end "
        "AND (prediction_time >= $since AND prediction_time < $until OR time >= $or_answered_since) "
        f"AND ({where})",
        "ORDER BY log.time, log.prediction_id",
        {"known": known},
        {"version": version, "start": piece.start, "end": piece.end, **wanted._asdict(), **values},
    )
    return run(model, None, piece.has, query)
