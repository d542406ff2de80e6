"""An HTTP server of a test, in a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from threading import Thread
from typing import TypeVar

Server = TypeVar("Server", bound=HTTPServer)


@contextmanager
def answering(server: Server) -> Iterator[Server]:
    """Have a server answer; at the end, also by an error, stop and close it.

    One that is closed and not stopped takes a core for the rest of the run: it waits for a file that is gone.
    """
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    with server:
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
