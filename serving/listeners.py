"""KServe's two servers, REST and gRPC, on an address of our choice and stopped in our order."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from grpc import aio
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from kserve.protocol.grpc.server import GRPCServer
from kserve.protocol.rest.server import RESTServer

from serving.api.dataplane import CapstanDataPlane
from serving.api.grpc import MessageInterceptor, Service
from serving.errors import StatusInterceptor
from serving.guards.call import Guard, GuardInterceptor
from serving.http_protocol import HttpProtocol


class GrpcServer(GRPCServer):
    """KServe's gRPC service on a given address, with our error codes and without a log line for each call."""

    def __init__(
        self,
        dataplane: CapstanDataPlane,
        host: str,
        port: int,
        max_body_bytes: int,
        guards: Sequence[Guard],
        grace_period: float,
    ):
        super().__init__(port, dataplane, None, kwargs={}, grace_period=grace_period)
        self.dataplane = dataplane
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.max_body_bytes, self.guards = max_body_bytes, guards

    async def start(self) -> None:
        """Serve until stopped. Everything is async: no threads are needed."""
        options = [
            ("grpc.max_receive_message_length", self.max_body_bytes),
            # By default two servers may share a port, and each would get half of the requests.
            ("grpc.so_reuseport", 0),
        ]
        interceptors = (
            StatusInterceptor(),
            GuardInterceptor(self.guards, self.dataplane.repository.limits),
            MessageInterceptor(),
        )
        self._server = aio.server(interceptors=interceptors, options=options)
        service = Service(self.dataplane, self.dataplane.repository)
        add_GRPCInferenceServiceServicer_to_server(service, self._server)
        self._server.add_insecure_port(self.address)
        await self._server.start()
        await self._server.wait_for_termination()


class RestServer(RESTServer):
    """KServe's REST server on a given address. The application is complete when it gets here."""

    def __init__(self, app: Any, dataplane: CapstanDataPlane, host: str, port: int, grace_period: int):
        super().__init__(app, dataplane, None, port, grace_period=grace_period)
        self.config.host, self.config.http = host, HttpProtocol
        self._server = _Uvicorn(self.config)

    def create_application(self) -> None:
        """Nothing: KServe would add its timing, error and access log layers to its own global application."""

    def stop(self) -> None:
        """Take no more connections; `start` returns when those there are have their answers."""
        self._server.should_exit = True


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the server. uvicorn would stop at once, before readiness turns false."""
        yield
