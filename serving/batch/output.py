"""The output of a batch: a file for each piece of the input, and the record of what is being done.

    OUTPUT/_batch.json                 the input, the version and the pieces, when it began
    OUTPUT/part-00012.parquet          the rows of piece 12 that were answered
    OUTPUT/_refused/part-00012.jsonl   those that were not, with the reason

A piece is done when its parquet file is there: it is written last, under its name at once. So a batch that was killed
goes on with the pieces that are left, and writes each row once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson

from capstan.errors import CapstanError
from serving.batch.places import opened

if TYPE_CHECKING:
    import pyarrow as pa

RECORD = "_batch.json"


class Output:
    """A folder, or a place below an s3:// address. It is sent to the workers."""

    def __init__(self, location: str):
        self.location = location.rstrip("/")

    def record(self) -> dict[str, Any] | None:
        """Return what is recorded: `began`, `id` and what was being done; None where nothing is."""
        files, root = opened(self.location)
        try:
            with files.open_input_stream(f"{root}/{RECORD}") as file:
                known: dict[str, Any] = orjson.loads(file.read())
        except FileNotFoundError:
            return None
        return known

    def begin(self, doing: dict[str, Any]) -> tuple[datetime, str]:
        """Record what is being done, unless it is recorded; return when it began, and its id.

        Raises CapstanError where the folder has another batch, or other files.
        """
        known = self.record()
        if known is None:
            if self.names():
                raise CapstanError(f"{self.location} has other files. Name a folder that is empty or new.")
            known = {"began": datetime.now(UTC).isoformat(), "id": uuid4().hex, "doing": doing}
            self.write(RECORD, orjson.dumps(known, option=orjson.OPT_INDENT_2))
        before = known["doing"]
        if changed := sorted(name for name in doing if doing[name] != before.get(name)):
            raise CapstanError(
                f"{self.location} has a batch with another {', '.join(changed)}. Finish it, or name another folder."
            )
        return datetime.fromisoformat(known["began"]), known["id"]

    def done(self) -> set[int]:
        """Return the numbers of the pieces that are done."""
        return {int(name[5:-8]) for name in self.names() if name.startswith("part-") and name.endswith(".parquet")}

    def names(self) -> list[str]:
        """Return the names of the files that are there."""
        from pyarrow.fs import FileSelector

        files, root = opened(self.location)
        found = files.get_file_info(FileSelector(root, allow_not_found=True))
        return [file.base_name for file in found if file.base_name[0] != "."]

    def write(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all."""
        files, root = opened(self.location)
        target = f"{root}/{name}"
        folder, _, base = target.rpartition("/")
        files.create_dir(folder)
        staged = f"{folder}/.{base}.{uuid4().hex}"
        with files.open_output_stream(staged) as file:
            file.write(content)
        files.move(staged, target)

    def refuse(self, number: int, rows: Sequence[dict[str, Any]]) -> None:
        """Write the rows of a piece that were refused, if there are any."""
        if rows:
            lines = (orjson.dumps(row, default=str, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
            self.write(f"_refused/part-{number:05}.jsonl", b"".join(lines))

    def finish(self, number: int, table: pa.Table) -> None:
        """Write the rows of a piece that were answered: it is done then."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        content = pa.BufferOutputStream()
        pq.write_table(table, content)
        self.write(f"part-{number:05}.parquet", content.getvalue())
