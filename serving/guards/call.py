"""A call as guards see it, and how a call passes them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Protocol

from google.protobuf.message import Message
from grpc.aio import ServicerContext
from grpc_interceptor.server import AsyncServerInterceptor

from capstan.contract.resources import Limits
from serving.errors import TooLarge


class Body(Protocol):
    """The body of a REST request, as far as guards read it."""

    async def read(self) -> int:
        """Wait for a piece and keep it; return its size, 0 at the end."""

    def so_far(self) -> bytes:
        """Return what was read and not received yet."""


class Kind(Enum):
    """What a call is for. Each route declares its kind. Probes pass every guard."""

    PROBE = "probe"
    CONSOLE = "console"
    PREDICT = "predict"
    STREAM = "stream"
    LABEL = "label"
    OPERATE = "operate"
    OTHER = "other"


OPEN = (Kind.PROBE, Kind.CONSOLE)  # they need no token, and are not counted
PREDICTIONS = (Kind.PREDICT, Kind.STREAM)


@dataclass
class Call:
    """One request, and what becomes known about it while it is answered."""

    kind: Kind
    headers: Mapping[str, str]  # gRPC: the metadata; names in lower case
    body: Body | None = None  # None where the message has arrived already, as in gRPC
    asked: str = ""  # the model that its path or message names, whether it is served or not
    limits: Limits = field(default_factory=Limits)  # of that model
    method: str = ""  # of REST; gRPC has none
    size: int = 0  # bytes of its body or message, once it is there
    client: str = ""  # the name of its token
    status: int = 200  # of the answer, once it has begun
    model: str = ""
    version: str = ""
    variant: str = ""
    routed_by: str = ""  # how the variant was chosen: see `serving.model.routing`
    rows: int = 0
    model_of: Callable[[bytes], str] | None = None  # reads `asked` from the body, where the path does not name it


Answer = Callable[[], Awaitable[Any]]


class Guard(Protocol):
    """See the package."""

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Return what `proceed()` returns, or raise an error of `serving.errors`."""


LimitsOf = Callable[[str], Limits]  # of a model, by its name


def any_limits(name: str) -> Limits:
    """Return the limits of a model that states none."""
    return Limits()


NO_CALL = Call(Kind.OTHER, {})  # of code that runs outside of a request
current: ContextVar[Call] = ContextVar("call", default=NO_CALL)  # the call that this task answers


async def run(guards: Sequence[Guard], call: Call, answer: Answer) -> Any:
    """Answer a call behind the guards, the first of which is the outermost."""
    current.set(call)
    for guard in reversed(guards):
        answer = partial(guard, call, answer)
    return await answer()


KINDS = dict.fromkeys(("ServerLive", "ServerReady", "ModelReady"), Kind.PROBE) | {"ModelInfer": Kind.PREDICT}


class GuardInterceptor(AsyncServerInterceptor):
    """gRPC interceptor; `serving.errors.StatusInterceptor` stands before it."""

    def __init__(self, guards: Sequence[Guard], limits: LimitsOf = any_limits):
        self.guards, self.limits = guards, limits

    async def intercept(
        self, method: Callable[..., Any], request_or_iterator: Any, context: ServicerContext, method_name: str
    ) -> Any:
        """Answer a call behind the guards. Raises TooLarge."""
        kind = KINDS.get(method_name.rpartition("/")[2], Kind.OTHER)
        metadata = context.invocation_metadata() or ()
        name = getattr(request_or_iterator, "model_name", "")
        limits = self.limits(name)
        # What is no protobuf has no size; the method refuses it.
        size = request_or_iterator.ByteSize() if isinstance(request_or_iterator, Message) else 0
        if kind is Kind.PREDICT and size > limits.bytes:
            raise TooLarge(f"The message is larger than {limits.bytes} bytes; send less at a time.")
        headers = {key: value for key, value in metadata if isinstance(value, str)}
        call = Call(kind, headers, asked=name, limits=limits, size=size)
        return await run(self.guards, call, lambda: method(request_or_iterator, context))
