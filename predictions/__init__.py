"""The prediction log: every answered prediction, written ahead of its answer, kept as partitioned parquet.

    HOME/predictions/wal/SEGMENT.jsonl                                 what was just written, one line for each row
    HOME/predictions/model=NAME/date=YYYY-MM-DD/SEGMENT.parquet        the same, once the segment is complete
    HOME/predictions/quarantine/SEGMENT.jsonl                          lines that a crash of the machine left unreadable

A segment's name never changes, so converting it twice gives the same files. A row that is in both places counts once.
"""

from predictions.labelled import labelled
from predictions.reader import read

__all__ = ["labelled", "read"]
