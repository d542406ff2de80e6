"""The model server: KServe's, listening on one address."""

import asyncio
import socket
import sys
from collections.abc import Sequence

import uvloop
from grpc import aio
from kserve import ModelServer
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from kserve.protocol.grpc.server import GRPCServer
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.rest.server import RESTServer

from capstan.errors import CapstanError
from capstan.settings import settings
from serving.errors import StatusInterceptor
from serving.guards import guards_of_settings
from serving.guards.call import Guard, GuardInterceptor
from serving.repository import CapstoneRepository, RepositoryExtension
from serving.rest import MAX_BODY_BYTES, create_app


class CapstanDataPlane(DataPlane):
    """KServe's data plane, whose metadata also tells the versions."""

    async def model_metadata(self, model_name: str) -> dict:
        """Return a model's inputs, outputs and loaded versions."""
        metadata = await super().model_metadata(model_name)
        return metadata | {"versions": self.get_model_from_registry(model_name).versions(), "platform": "mlflow_pyfunc"}


class GrpcServer(GRPCServer):
    """KServe's gRPC service on a given address, with our error codes and without a log line a call."""

    def __init__(self, *args, host: str, max_body_bytes: int, guards: Sequence[Guard]):
        super().__init__(*args, kwargs={})
        self.address, self.max_body_bytes, self.guards = f"{host}:{self._port}", max_body_bytes, guards

    async def start(self, max_workers: int) -> None:
        """Serve until stopped. Everything is async, so `max_workers` threads are not needed."""
        options = [
            ("grpc.max_receive_message_length", self.max_body_bytes),
            # By default two servers may share a port, and each would get half of the requests.
            ("grpc.so_reuseport", 0),
        ]
        self._server = aio.server(interceptors=(StatusInterceptor(), GuardInterceptor(self.guards)), options=options)
        service = InferenceServicer(self._data_plane, self._model_repository_extension)
        add_GRPCInferenceServiceServicer_to_server(service, self._server)
        self._server.add_insecure_port(self.address)
        await self._server.start()
        await self._server.wait_for_termination()


class RestServer(RESTServer):
    """KServe's REST server on a given address. The application is complete when it gets here."""

    def __init__(self, *args, host: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.config.host = host

    def create_application(self) -> None:
        """Nothing: KServe would add its timing, error and access log layers to its own global application."""


class CapstanServer(ModelServer):
    """One process for all capstones that have a model.

    KServe's `start` binds to all addresses and configures an event loop that it then does not use; this one takes a
    host and runs on uvloop. Signals and stopping are KServe's.
    """

    def __init__(
        self, repository: CapstoneRepository, host: str, port: int, grpc_port: int, max_body_bytes: int = MAX_BODY_BYTES
    ):
        super().__init__(http_port=port, grpc_port=grpc_port, registered_models=repository)
        self.host, self.max_body_bytes = host, max_body_bytes
        self.dataplane = CapstanDataPlane(repository)
        self.model_repository_extension = RepositoryExtension(repository)

    def start(self) -> None:
        """Load the capstones, then serve until SIGTERM or SIGINT. Raises CapstanError when a port is taken."""
        for port in (self.http_port, self.grpc_port):
            _check_free(self.host, port)
        guards = guards_of_settings()
        # The loop and the threads that look up features take turns on the GIL. At Python's 5 ms a turn, 8 clients had a
        # median of 18 ms, at 0.5 ms a turn of 9 ms, and throughput rose from 420 to 690 requests a second.
        sys.setswitchinterval(0.0005)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.registered_models.load_all())
            app = create_app(self.dataplane, self.model_repository_extension, self.max_body_bytes, guards)
            shared = (self.dataplane, self.model_repository_extension)
            rest = self._rest_server = RestServer(app, *shared, self.http_port, host=self.host)
            grpc = self._grpc_server = GrpcServer(
                self.grpc_port, *shared, host=self.host, max_body_bytes=self.max_body_bytes, guards=guards
            )
            self.servers = [rest.start(), grpc.start(self.max_threads)]
            self.register_signal_handler()
            self.registered_models.log.start()
            try:
                runner.run(self._serve())
            finally:
                self.registered_models.log.close()


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
