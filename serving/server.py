"""The model server: KServe's, listening on one address; it stops without losing a request."""

import asyncio
import os
import signal
import socket
import sys
import threading
from contextlib import nullcontext
from typing import Any

import uvloop
from kserve import ModelServer

from capstan.errors import CapstanError
from capstan.settings import settings
from monitoring.webhooks import sending
from serving import limits, metrics
from serving.api.dataplane import CapstanDataPlane
from serving.guards.call import Guard
from serving.guards.of_settings import guards_of_settings
from serving.listeners import GrpcServer, RestServer
from serving.model.repository import CapstoneRepository
from serving.model.upkeep import keep_loaded
from serving.rest import create_app

HANGING_SECONDS = 5  # how long threads may hold up the end of the process, once everything is answered and logged


class CapstanServer(ModelServer):
    """One process for all capstones that have an endpoint.

    KServe's `start` binds to all addresses and configures an event loop that it then does not use, and its `stop`
    unloads the models under the requests that are being answered; this one takes a host, runs on uvloop and drains.
    """

    def __init__(
        self,
        repository: CapstoneRepository,
        host: str,
        port: int,
        grpc_port: int,
        drain_delay: float = limits.DRAIN_DELAY,
    ):
        super().__init__(http_port=port, grpc_port=grpc_port, registered_models=repository)
        self.host, self.repository, self.drain_delay = host, repository, drain_delay
        self.dataplane = CapstanDataPlane(repository)

    def start(self) -> None:
        """Listen at once and load the capstones meanwhile, until SIGTERM or SIGINT.

        Raises CapstanError when a port is taken or the token file cannot be read.
        """
        for port in (self.http_port, self.grpc_port):
            _check_free(self.host, port)
        guards = guards_of_settings(self.repository, self.host)
        # The loop and the threads that look up features take turns on the GIL. At Python's 5 ms a turn, 8 clients had a
        # median of 18 ms, at 0.5 ms a turn of 9 ms, and throughput rose from 420 to 690 requests a second.
        sys.setswitchinterval(0.0005)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            self._make_listeners(guards)
            metrics.watch(self.repository.log)
            self.repository.log.start()
            try:
                with sending() if settings().webhooks else nullcontext():  # the alerts of events
                    runner.run(self._serve())
            finally:
                self.repository.log.close()
                # A look-up in a store that hangs cannot be ended; it must not keep the process.
                late = threading.Timer(HANGING_SECONDS, os._exit, (0 if sys.exception() is None else 1,))
                late.daemon = True
                late.start()
        late.cancel()

    def _make_listeners(self, guards: list[Guard]) -> None:
        own = settings()
        app = create_app(self.dataplane, own.max_body_bytes, guards, lambda: self.dataplane.draining, own.allowed_hosts)
        self.rest = RestServer(app, self.dataplane, self.host, self.http_port, limits.DRAIN_SECONDS)
        self.grpc = GrpcServer(
            self.dataplane, self.host, self.grpc_port, own.max_body_bytes, guards, limits.DRAIN_SECONDS
        )

    async def _serve(self) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loading = asyncio.create_task(keep_loaded(self.repository))
        listening = asyncio.gather(self.rest.start(), self.grpc.start())
        stopping = asyncio.create_task(stop.wait())
        either: list[asyncio.Future[Any]] = [listening, stopping]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            await self._drain()
        await listening
        loading.cancel()

    async def _drain(self) -> None:
        """Say that no more requests should come, wait for that to be heard, then finish what has come."""
        self.dataplane.draining = True
        self.repository.log.hurry()
        await asyncio.sleep(self.drain_delay)
        self.rest.stop()
        await self.grpc.stop()


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise CapstanError(f"Cannot listen on {host}:{port} ({error.strerror}). Choose another port.") from error


def serve(
    repository: CapstoneRepository | None = None,
    host: str | None = None,
    port: int | None = None,
    grpc_port: int | None = None,
    drain_delay: float = limits.DRAIN_DELAY,
) -> None:
    """Serve the capstones of a repository; by default those of the catalogue, at the address of the settings.

    drain_delay: seconds between not ready and closed, after SIGTERM.
    """
    own = settings()
    CapstanServer(
        repository or CapstoneRepository(),
        host or own.host,
        own.endpoint_port if port is None else port,
        own.grpc_port if grpc_port is None else grpc_port,
        drain_delay,
    ).start()
