"""The log as the server sees it: lines in, an answer allowed. A thread maintains the files."""

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import orjson

from capstan.data.storage import Storage
from capstan.errors import CapstanError, Unavailable
from capstan.profile import profile
from capstan.settings import settings
from predictions.convert import convert_all, segments
from predictions.upload import upload_all
from predictions.wal import Wal

log = logging.getLogger("serving")
SEGMENT_BYTES = 2**24  # a file of parquet of some MiB: small enough to convert in a second
MAINTENANCE_SECONDS, RETRY_SECONDS = 1.0, 10.0


class PredictionLog:
    """One writer of the log under a folder.

    `segment_bytes` and `segment_seconds` end a segment, whichever comes first. With `fsync` records outlive a crash of
    the machine; without it they outlive one of the server. Complete files move on to `storage`, if there is one.
    `close_seconds` is how long closing tries to move them while the store is away; what is left stays in the folder.
    """

    def __init__(
        self,
        folder: Path,
        segment_bytes: int = SEGMENT_BYTES,
        segment_seconds: float = 300,
        fsync: bool = False,
        storage: Storage | None = None,
        close_seconds: float = 0,
    ):
        self.folder, self.segment_seconds, self.storage = folder, segment_seconds, storage
        self.close_seconds = close_seconds
        self.wal = Wal(folder / "wal", segment_bytes, fsync)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._turn: asyncio.Handle | None = None  # until the loop has gone round after a write
        self._disk = ThreadPoolExecutor(1)  # separate: look-ups in a store that hangs may hold all threads of the loop
        self._stop, self._wake = threading.Event(), threading.Event()
        self._maintaining = threading.Lock()
        self._thread: threading.Thread | None = None

    @classmethod
    def of_settings(cls) -> "PredictionLog":
        """Return the log of this profile, under `settings().home`."""
        own = settings()
        storage = profile().storage() if own.profile == "cluster" else None
        folder = own.predictions_dir or own.home / "predictions"
        return cls(folder, SEGMENT_BYTES, own.log_segment_seconds, own.log_fsync, storage, own.log_close_seconds)

    @property
    def waiting(self) -> int:
        """How many requests wait for their records to be written."""
        return len(self._waiting)

    def backlog(self) -> int:
        """Return the bytes that are not parquet yet."""
        return sum(path.stat().st_size for path in segments(self.folder) if path.exists())

    async def append(self, lines: bytes) -> None:
        """Return when some records are written. Raises Unavailable when they cannot be: then none of them is."""
        loop = asyncio.get_running_loop()
        if self._turn is None and not (self._waiting or self.wal.fsync):
            # The first of this turn of the loop is written at once: a task would take longer than the write.
            self._turn = loop.call_soon(self._end_turn)
            try:
                self.wal.append(lines)
            except Exception as error:
                raise self._explain(error) from None
            return
        done = loop.create_future()
        self._waiting.append((lines, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await done

    def _end_turn(self) -> None:
        self._turn = None

    async def _write(self) -> None:
        # Requests that wait at the same time share one write.
        while self._waiting:
            group, self._waiting = self._waiting, []
            lines, problem = b"".join(lines for lines, _ in group), None
            try:
                if self.wal.fsync:
                    await asyncio.get_running_loop().run_in_executor(self._disk, self.wal.append, lines)
                else:
                    self.wal.append(lines)  # into memory: a thread would take longer to start
            except Exception as error:
                problem = error
            for _, done in group:
                if done.done():  # the client has gone
                    continue
                if problem is None:
                    done.set_result(None)
                else:
                    done.set_exception(self._explain(problem))

    def _explain(self, error: Exception) -> Exception:
        if not isinstance(error, OSError):
            return error
        return Unavailable(
            f"The prediction could not be logged, so it is not answered: {error.strerror} ({self.folder}). "
            "Predictions are answered again as soon as the log can be written."
        )

    def flush(self, model: str) -> list[str]:
        """Complete and convert the current segment; return those in which other servers hold predictions of a model.

        Raises Unavailable when that fails.
        """
        if not self._maintain(0):
            raise Unavailable(
                f"The prediction log in {self.folder} cannot be converted now. The server's log says why."
            )
        needle, left = orjson.dumps({"model": model})[:-1] + b",", []
        for path in segments(self.folder):
            with suppress(FileNotFoundError):
                if needle in path.read_bytes():
                    left.append(path.stem)
        return left

    def start(self) -> None:
        """Take up what an earlier process left, and maintain the files from now on."""
        self._thread = threading.Thread(target=self._run_maintenance, name="prediction-log", daemon=True)
        self._thread.start()

    def hurry(self) -> None:
        """Move what is there now, and what comes as soon as it comes: the process may be killed before `close`."""
        self.segment_seconds = 0
        self._wake.set()

    def close(self) -> None:
        """Complete the current segment, and convert and move it. Nothing may be appended any more."""
        self._stop.set()
        self._wake.set()
        if self._thread:
            self._thread.join()
        deadline = time.monotonic() + self.close_seconds
        while not self._maintain(0) and time.monotonic() < deadline:
            time.sleep(MAINTENANCE_SECONDS)

    def _run_maintenance(self) -> None:
        while not self._stop.is_set():
            done = self._maintain(self.segment_seconds)
            self._wake.wait(MAINTENANCE_SECONDS if done else RETRY_SECONDS)
            self._wake.clear()

    def _maintain(self, min_age: float) -> bool:
        with self._maintaining:
            return self._convert(min_age)

    def _convert(self, min_age: float) -> bool:
        self.wal.seal(min_age)
        try:
            convert_all(self.folder)
            if self.storage:
                upload_all(self.folder, self.storage)
        except (OSError, CapstanError) as error:
            log.warning("The prediction log stays as it is, in %s: %s", self.wal.folder, error)
        except Exception:
            log.exception("The prediction log stays as it is, in %s", self.wal.folder)
        else:
            return True
        return False
