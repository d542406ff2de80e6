"""Instants that people type."""

from datetime import UTC, datetime

from capstan.errors import CapstanError


def instant(text: str) -> datetime:
    """Return an instant from ISO 8601, in UTC; without a zone it is of UTC. Raises CapstanError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CapstanError(f"{text!r} is not an instant ({error}). Write it as 2013-10-15T12:00:00Z.") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
