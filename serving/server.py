"""The model server: KServe's, listening on one address; it stops without losing a request."""

import asyncio
import os
import signal
import socket
import sys
import threading

import uvloop
from kserve import ModelServer

from capstan.errors import CapstanError
from capstan.settings import settings
from serving import metrics
from serving.api.dataplane import CapstanDataPlane
from serving.api.rest import MAX_BODY_BYTES, create_app
from serving.guards import guards_of_settings
from serving.listeners import GrpcServer, RestServer
from serving.model.repository import CapstoneRepository, RepositoryExtension

HANGING_SECONDS = 5  # how long threads may hold up the end of the process, once everything is answered and logged


class CapstanServer(ModelServer):
    """One process for all capstones that have a model.

    KServe's `start` binds to all addresses and configures an event loop that it then does not use, and its `stop`
    unloads the models under the requests that are being answered; this one takes a host, runs on uvloop and drains.
    """

    def __init__(
        self, repository: CapstoneRepository, host: str, port: int, grpc_port: int, max_body_bytes: int = MAX_BODY_BYTES
    ):
        super().__init__(http_port=port, grpc_port=grpc_port, registered_models=repository)
        self.host, self.max_body_bytes = host, max_body_bytes
        self.dataplane = CapstanDataPlane(repository)
        self.model_repository_extension = RepositoryExtension(repository)

    def start(self) -> None:
        """Load the capstones, then serve until SIGTERM or SIGINT.

        Raises CapstanError when a port is taken or the token file cannot be read.
        """
        for port in (self.http_port, self.grpc_port):
            _check_free(self.host, port)
        guards = guards_of_settings()
        # The loop and the threads that look up features take turns on the GIL. At Python's 5 ms a turn, 8 clients had a
        # median of 18 ms, at 0.5 ms a turn of 9 ms, and throughput rose from 420 to 690 requests a second.
        sys.setswitchinterval(0.0005)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.registered_models.load_all())
            self._make_listeners(guards)
            metrics.watch(self.registered_models.log)
            self.registered_models.log.start()
            try:
                runner.run(self._serve())
            finally:
                self.registered_models.log.close()
                # A look-up in a store that hangs cannot be ended; it must not keep the process.
                late = threading.Timer(HANGING_SECONDS, os._exit, (0 if sys.exception() is None else 1,))
                late.daemon = True
                late.start()
        late.cancel()

    def _make_listeners(self, guards: list) -> None:
        app = create_app(
            self.dataplane,
            self.model_repository_extension,
            self.max_body_bytes,
            guards,
            lambda: self.dataplane.draining,
        )
        shared, grace = (self.dataplane, self.model_repository_extension), settings().drain_seconds
        self.rest = RestServer(app, *shared, self.http_port, host=self.host, grace_period=grace)
        self.grpc = GrpcServer(
            self.grpc_port,
            *shared,
            host=self.host,
            max_body_bytes=self.max_body_bytes,
            guards=guards,
            grace_period=grace,
        )

    async def _serve(self) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        listening = asyncio.gather(self.rest.start(), self.grpc.start())
        stopping = asyncio.create_task(stop.wait())
        retrying = asyncio.create_task(self.registered_models.retry())
        await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            await self._drain()
        await listening
        retrying.cancel()

    async def _drain(self) -> None:
        """Say that no more requests should come, wait for that to be heard, then finish what has come."""
        self.dataplane.draining = True
        await asyncio.sleep(settings().drain_delay)
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
    max_body_bytes: int = MAX_BODY_BYTES,
) -> None:
    """Serve the capstones of a repository; by default those of the catalogue, at the address of the settings."""
    own = settings()
    CapstanServer(
        repository or CapstoneRepository(),
        host or own.host,
        own.endpoint_port if port is None else port,
        own.grpc_port if grpc_port is None else grpc_port,
        max_body_bytes,
    ).start()
