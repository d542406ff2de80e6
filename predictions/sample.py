"""A sample of a log of any size, the same one each time: the predictions whose ids have low hashes, piece by piece."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from predictions.labelled import COLUMNS, known_labels, of_piece
from predictions.pieces import Piece, Wanted
from predictions.reader import parsed
from predictions.records import SCHEMA

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

HIGHEST = 2**64 - 1  # hash
ALL = ", ".join([*(f"log.{name}" for name in SCHEMA.names), COLUMNS])


class Sample(NamedTuple):
    """Predictions, with the columns of `labelled`, and of how many they are."""

    rows: "pd.DataFrame"
    of: int


def sample(
    model: str, version: str, parts: Sequence[Piece], wanted: Wanted, known_by: datetime, size: int, labelled: bool
) -> Sample:
    """Return about `size` of what clients got from a version, in order of time, or all where there are fewer.

    known_by: of the labels. labelled: only predictions that have one.
    """
    import pyarrow as pa

    def read(piece: Piece, columns: str, share: float) -> "pa.Table":
        known = known_labels(model, piece, known_by)
        low = "hash(log.prediction_id) <= $highest" + (" AND known.label IS NOT NULL" if labelled else "")
        return of_piece(model, version, piece, wanted, columns, known, low, highest=int(share * HIGHEST))

    count = sum(len(read(piece, "log.prediction_id", 1)) for piece in parts)
    share = min(1.0, size / max(count, 1))
    return Sample(parsed(pa.concat_tables([read(piece, ALL, share) for piece in parts])), count)
