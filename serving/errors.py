"""One table says what each error means to a client, for REST and gRPC alike.

KServe's own handlers print a traceback for every bad request. Here a problem is one line in the log. Only what the
table does not know, a bug, keeps its traceback. Values of requests are for the client: the log has none of them.
"""

import logging
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from grpc import StatusCode
from grpc.aio import ServicerContext
from grpc_interceptor.server import AsyncServerInterceptor
from kserve.errors import InferenceError, InvalidInput, ModelNotFound, ModelNotReady, ServerNotReady
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from capstan.errors import CapstanError, InvalidRow
from capstan.settings import settings

log = logging.getLogger("serving")


class VariantNotFound(Exception):
    """The request asks for a variant that this capstone does not hold."""


class Refused(CapstanError):
    """A guard turned the request away. `headers` go with the answer; in gRPC they are trailing metadata."""

    headers: Mapping[str, str] = MappingProxyType({})


class Unauthenticated(Refused):
    """The request has no token, or an unknown one."""

    headers = MappingProxyType({"WWW-Authenticate": 'Bearer realm="capstan"'})


class Forbidden(Refused):
    """Who asks may not do this: the token is for something else, or a page of another site asks."""


class Conflict(CapstanError):
    """What is asked for cannot be done as things are."""


class TooManyRequests(Refused):
    """This client has asked too often. It may ask again in `wait` seconds."""

    def __init__(self, message: str, wait: int):
        super().__init__(message)
        self.headers = {"Retry-After": str(wait)}


class Overloaded(TooManyRequests):
    """All clients together have asked too much."""


class Loading(Refused):
    """The model is about to be served."""

    headers = MappingProxyType({"Retry-After": "2"})


class TooSlow(Refused):
    """The request was given up."""


class TooLarge(Refused):
    """The message has more bytes than the model takes."""


class BodyTooSlow(Refused):
    """The client did not send its request in time."""

    headers = MappingProxyType({"Connection": "close"})


STATUSES: dict[type[Exception], tuple[int, StatusCode]] = {
    InvalidInput: (400, StatusCode.INVALID_ARGUMENT),
    InvalidRow: (400, StatusCode.INVALID_ARGUMENT),
    VariantNotFound: (404, StatusCode.NOT_FOUND),
    ModelNotFound: (404, StatusCode.NOT_FOUND),
    ModelNotReady: (503, StatusCode.UNAVAILABLE),
    ServerNotReady: (503, StatusCode.UNAVAILABLE),
    Unauthenticated: (401, StatusCode.UNAUTHENTICATED),
    Forbidden: (403, StatusCode.PERMISSION_DENIED),
    Conflict: (409, StatusCode.FAILED_PRECONDITION),
    TooManyRequests: (429, StatusCode.RESOURCE_EXHAUSTED),
    Overloaded: (503, StatusCode.RESOURCE_EXHAUSTED),
    TooLarge: (413, StatusCode.RESOURCE_EXHAUSTED),
    TooSlow: (504, StatusCode.DEADLINE_EXCEEDED),
    BodyTooSlow: (408, StatusCode.DEADLINE_EXCEEDED),
    CapstanError: (503, StatusCode.UNAVAILABLE),
    NotImplementedError: (501, StatusCode.UNIMPLEMENTED),
    InferenceError: (500, StatusCode.INTERNAL),
    ClientDisconnect: (400, StatusCode.CANCELLED),  # nobody reads the answer
}


WITH_VALUES = (InvalidInput, InvalidRow, Conflict, InferenceError)  # their messages quote requests or answers
PLACE = re.compile(r"row \d+(?:, [\w.]{1,80})?")
BUG = "Internal error; the server's log has the details."


Form = Callable[[int, str, Exception], Mapping[str, Any]]  # status, message and error -> the body of the answer


def plain(status: int, message: str, error: Exception) -> dict[str, str]:
    """Return the body of an answer as all but OpenAI's API have it."""
    return {"error": message}


def reply(request: Request, error: Exception, form: Form = plain) -> JSONResponse:
    """Return the answer to a request that ended in an error. What the table does not know is a bug."""
    status, code = statuses(error)
    if isinstance(error, HTTPException):
        text, headers = _http(request, error)
        line = one_line(text)
    elif code is None:
        return JSONResponse(form(500, BUG, error), 500, {"Connection": "close"})
    else:
        text, headers, line = message_of(error), dict(getattr(error, "headers", {})), logged(error)
    log.warning("%s %r: %d %s", request.method, request.url.path, status, line)
    return JSONResponse(form(status, text, error), status, headers)


def _http(request: Request, error: HTTPException) -> tuple[str, dict[str, str]]:
    """Return the message and the headers of an answer."""
    text, headers = str(error.detail), dict(error.headers or {})
    if error.status_code == 405:
        headers = {"Allow": ", ".join(sorted(headers["Allow"].split(", ")))}
        text = f"{request.method} is not allowed here; use {headers['Allow']}."
    elif text == "Not Found":
        text = f"There is no {request.url.path[:200]!r} here. GET /openapi.json describes every path there is."
    return text, headers


class StatusInterceptor(AsyncServerInterceptor):
    """Answer every error of a gRPC call with its status code and message."""

    async def intercept(
        self, method: Callable[..., Any], request_or_iterator: Any, context: ServicerContext, method_name: str
    ) -> Any:
        """Return what the method returns, or abort the call."""
        try:
            return await method(request_or_iterator, context)
        except Exception as error:
            _, code = statuses(error)
            if code is None:
                log.exception("%s: internal error", method_name)
                return await context.abort(StatusCode.INTERNAL, BUG)
            if isinstance(error, Refused):
                context.set_trailing_metadata([(name.lower(), value) for name, value in error.headers.items()])
            log.warning("%s: %s %s", method_name, code.name, logged(error))
            return await context.abort(code, message_of(error))


def statuses(error: Exception) -> tuple[int, StatusCode | None]:
    """Return an error's status in REST and in gRPC; a bug has no code in gRPC."""
    if isinstance(error, HTTPException):
        return error.status_code, None
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), (500, None))


def message_of(error: Exception) -> str:
    """Return the message to a client about an error that the table knows."""
    hint = " GET /v2/models lists those that are served." if isinstance(error, ModelNotFound) else ""
    return (str(error) or type(error).__name__) + hint


def logged(error: Exception) -> str:
    """Return what the log says about an error: of one that may hold values of a request, its kind and place alone.

    A bug may: its message is that of whatever library raised it.
    """
    is_bug = statuses(error) == (500, None)
    if settings().log_values or not (is_bug or isinstance(error, WITH_VALUES)):
        return one_line(message_of(error))
    place = PLACE.match(str(error))
    return f"{type(error).__name__}{f' at {place[0]}' if place else ''}"


def one_line(message: str) -> str:
    """Return a message that cannot forge lines of the log."""
    return message.encode("unicode_escape").decode("ascii")[:500]
