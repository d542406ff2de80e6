"""An HTTP server of a folder: the stand-in for the home of a download."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.http_server import answering


class Source(SimpleHTTPRequestHandler):
    """A server of a folder that ends in the middle of the file `cut`."""

    def do_GET(self) -> None:
        if self.path != "/cut":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Length", "2000000")
        self.end_headers()
        self.wfile.write(bytes(1_000_000))
        return None

    def log_message(self, *_arguments) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder; yield the URL."""
    with answering(ThreadingHTTPServer(("127.0.0.1", 0), partial(Source, directory=str(folder)))) as server:
        yield f"http://127.0.0.1:{server.server_port}"
