"""A webhook on this machine: a service that takes JSON, and keeps it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.http_server import answering


class Webhook(ThreadingHTTPServer):
    """A service that takes JSON. `status` is what it answers."""

    def __init__(self) -> None:
        self.status, self.bodies = 200, []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"json://user:geheim@127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status == 200:
            self.server.bodies.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def running() -> Iterator[Webhook]:
    with answering(Webhook()) as server:
        yield server
