"""The fixture `fuzz`: seeded mutations for a test, and what became of the requests that they made.

    pytest FILE --fuzz-examples 5000 --fuzz-seed 7

Each example has a seed of its own, so that it does not depend on those before it.
"""

import json
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import httpx
import pytest

from tests.fuzz.mutations import Mutator

SHOWN, LONGEST = 5, 6000  # failures, and characters of a request, that a report shows
DOCUMENTED = {HTTPStatus.NOT_IMPLEMENTED}
FAULTS = {code for code in grpc.StatusCode if code.name in ("UNKNOWN", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED")}


class Failure(NamedTuple):
    """A request that the server should have answered in another way."""

    seed: str
    request: str
    answer: str


class Fuzz:
    """The examples of one test, and its failures."""

    def __init__(self, seed: str, examples: int | None):
        self.seed, self.asked = seed, examples
        self.failures: list[Failure] = []
        self.outcomes: Counter[str] = Counter()
        self.log, self.read = Path(os.devnull), 0

    def watch(self, log: Path) -> None:
        """Note tracebacks in the log of a server from now on, with the request that they came after."""
        self.log, self.read = log, log.stat().st_size

    def examples(self, surface: str, usual: int) -> Iterator[Mutator]:
        """Yield a mutator for each example of a surface; `usual` is how many there are unless an option says more."""
        for number in range(self.asked or usual):
            yield Mutator(f"{self.seed}/{surface}/{number}")

    def post(
        self, client: httpx.Client, mutator: Mutator, path: str, content: bytes, headers: Any = None
    ) -> httpx.Response | None:
        """Send a request; note when it is answered as none should be. Returns the answer, if there is one."""
        headers = headers or [(b"content-type", b"application/json")]
        request = client.build_request("POST", path, content=content, headers=headers)
        try:
            reply = client.send(request)
            problem = _problem(reply)
        except httpx.HTTPError as error:
            reply, problem = None, repr(error)
        self.outcomes[str(reply.status_code) if reply else "no answer"] += 1
        if problem:
            self.failed(mutator, _curl(request, content), problem)
        self.look(mutator, lambda: _curl(request, content))
        return reply

    def call(self, channel: grpc.Channel, mutator: Mutator, method: str, message: bytes) -> bytes | None:
        """Send a message by gRPC as `post` does. Returns the bytes of the answer, if there is one."""
        answer, request = None, f'channel.unary_unary(".../{method}")(b64decode("{_encoded(message)}"))'
        try:
            answer = channel.unary_unary(f"/inference.GRPCInferenceService/{method}")(message, timeout=60)
            outcome = "OK"
        except grpc.RpcError as error:
            outcome = error.code().name
            if error.code() in FAULTS:
                self.failed(mutator, request, f"{outcome} {error.details()}")
        self.outcomes[outcome] += 1
        self.look(mutator, lambda: request)
        return answer

    def look(self, mutator: Mutator | None, request: Callable[[], str]) -> None:
        """Note a traceback that the log has since the last monitoring run."""
        with self.log.open("rb") as file:
            file.seek(self.read)
            lines = file.read()
        self.read += len(lines)
        if b"Traceback" in lines:
            traceback = lines[lines.index(b"Traceback") :].decode(errors="replace")
            self.failures.append(Failure(mutator.seed if mutator else "afterwards", request(), traceback[-3000:]))

    def failed(self, mutator: Mutator, request: str, answer: str) -> None:
        """Note a failure."""
        self.failures.append(Failure(mutator.seed, request, answer[:500]))

    def verify(self) -> None:
        """Fail the test if a request has, and say how to send it again."""
        self.look(None, lambda: "the log")
        lines = [f"\n{failure.seed}\n  {failure.request}\n  -> {failure.answer}" for failure in self.failures[:SHOWN]]
        assert not self.failures, (
            f"{len(self.failures)} of {self.outcomes.total()} requests failed, --fuzz-seed {self.seed}:"
            + "".join(lines)
        )
        print(f"--fuzz-seed {self.seed}: {dict(self.outcomes)}")


def _problem(reply: httpx.Response) -> str:
    """Return why no request should get such an answer, or ""."""
    answer = f"{reply.status_code} {reply.text}"
    if reply.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR and reply.status_code not in DOCUMENTED:
        return answer
    if "Traceback" in reply.text:
        return answer
    if reply.headers.get("content-type", "").startswith("application/json"):
        try:
            json.loads(reply.content, parse_constant=_refuse)
        except ValueError as error:
            return f"{answer}: {error}"
    return ""


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _curl(request: httpx.Request, content: bytes) -> str:
    headers = " ".join(
        f"-H {(name + b': ' + value).decode('latin-1')!r}"
        for name, value in request.headers.raw
        if name.lower() not in (b"host", b"content-length", b"authorization", b"connection", b"user-agent")
    )
    return f"echo {_encoded(content)} | base64 -d | curl --data-binary @- {headers} {request.url}"


def _encoded(content: bytes) -> str:
    text = b64encode(content).decode()
    return text if len(text) <= LONGEST else f"{text[:100]}... ({len(content)} bytes, the seed makes them again)"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-examples", type=int, help="mutated requests of each surface, for runs by hand")
    parser.addoption("--fuzz-seed", default="1", help="what the mutations are drawn from; 1 by default")


@pytest.fixture
def fuzz(request: pytest.FixtureRequest) -> Fuzz:
    """The examples of a test."""
    return Fuzz(request.config.option.fuzz_seed, request.config.option.fuzz_examples)
