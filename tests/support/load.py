"""Clients that ask without pause, and remember the answers."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import grpc
import httpx
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub


@dataclass
class Load:
    """What the clients have seen so far."""

    ids: list[str] = field(default_factory=list)  # of the predictions that were answered
    statuses: list[int] = field(default_factory=list)  # of answers that are no predictions
    failures: list[Exception] = field(default_factory=list)  # requests without an answer
    stop: threading.Event = field(default_factory=threading.Event)

    def rest(self, url: str, pause: float = 0.0) -> None:
        """Ask for two rows of `plain` at a time, until stopped or until there is no answer."""
        with httpx.Client(base_url=url, timeout=30) as client:
            while not self.stop.is_set():
                try:
                    reply = client.post("/v1/models/plain:predict", json={"instances": [{"x": 1}, {"x": 2}]})
                except httpx.HTTPError as error:
                    self.failures.append(error)
                    return
                if reply.status_code == 200:
                    self.ids += [row["prediction_id"] for row in reply.json()["predictions"]]
                else:
                    self.statuses.append(reply.status_code)
                self.stop.wait(pause)

    def grpc(self, port: int) -> None:
        """The same over gRPC, a row at a time."""
        request = pb.ModelInferRequest(model_name="plain")
        request.inputs.add(name="x", shape=[1], datatype="FP64", contents=pb.InferTensorContents(fp64_contents=[1.0]))
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = GRPCInferenceServiceStub(channel)
            while not self.stop.is_set():
                try:
                    reply = stub.ModelInfer(request)
                except grpc.RpcError as error:
                    self.failures.append(error)
                    return
                output = next(tensor for tensor in reply.outputs if tensor.name == "prediction_id")
                self.ids.append(output.contents.bytes_contents[0].decode())


@contextmanager
def load(server, clients: int = 4, grpc_clients: int = 1) -> Iterator[Load]:
    """Keep a server busy."""
    seen = Load()
    threads = [threading.Thread(target=seen.rest, args=(server.url,)) for _ in range(clients)]
    threads += [threading.Thread(target=seen.grpc, args=(server.grpc_port,)) for _ in range(grpc_clients)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        seen.stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def answering_versions(url: str, row: dict, clients: int = 2) -> Iterator[Counter]:
    """Ask for a row with ever new keys; yield how often each version answered, and each error."""
    answers, stop = Counter(), threading.Event()

    def ask(client_number: int) -> None:
        with httpx.Client(timeout=30) as client:
            for number in count(1):
                headers = {"x-capstan-key": f"{client_number}-{number}"}
                try:
                    reply = client.post(url, json={"instances": [row]}, headers=headers)
                    outcome = reply.json()["predictions"][0]["model_version"] if reply.is_success else reply.text
                except httpx.HTTPError as error:
                    outcome = repr(error)
                answers[outcome] += 1
                if stop.wait(0.02):
                    return

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        stop.set()
        for thread in threads:
            thread.join()
