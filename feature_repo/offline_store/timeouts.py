"""Interrupting queries that take too long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from duckdb import DuckDBPyConnection

REPEAT_SECONDS = 0.02


@contextmanager
def time_limit(connection: DuckDBPyConnection, seconds: float | None) -> Iterator[None]:
    """Interrupt the queries of a connection once `seconds` have passed; None sets no limit.

    Raises:
        TimeoutError: a query was interrupted.
        ValueError: `seconds` is zero or negative.
    """
    if seconds is None:
        yield
        return
    if seconds <= 0:
        raise ValueError(f"The timeout is {seconds} s: give a positive number of seconds, or None for no limit")
    done, expired = threading.Event(), threading.Event()

    def watch() -> None:
        if done.wait(seconds):
            return
        expired.set()
        # DuckDB forgets an interrupt that comes between two queries, so the next query needs another one.
        while not done.wait(REPEAT_SECONDS):
            connection.interrupt()

    watcher = threading.Thread(target=watch, name="query-timeout", daemon=True)
    watcher.start()
    try:
        yield
    except duckdb.InterruptException as error:
        if not expired.is_set():
            raise
        raise TimeoutError(
            f"The query was interrupted after its timeout of {seconds} s: "
            "raise the timeout, or ask for fewer rows or feature views"
        ) from error
    finally:
        done.set()
        watcher.join()
