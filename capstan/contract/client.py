"""Who sent the event that a task applies: the name of the client's token, which the client cannot choose."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

UNAUTHENTICATED = "unauthenticated"  # the endpoint has no tokens

_name: ContextVar[str] = ContextVar("client", default=UNAUTHENTICATED)


def client() -> str:
    """Return the name of the client whose event this thread applies."""
    return _name.get()


@contextmanager
def sent_by(name: str) -> Iterator[None]:
    """Have `client` return a name, in this thread. An empty one is of a client without a token."""
    token = _name.set(name or UNAUTHENTICATED)
    try:
        yield
    finally:
        _name.reset(token)
