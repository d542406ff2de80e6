"""The container image, with one variant per extra of pyproject.toml."""

from importlib.metadata import version

from capstan.settings import settings

BASE = f"capstan:{version('capstan')}"


def image(extra: str = "") -> str:
    """Return the image that holds an extra's libraries, such as `capstan:0.2.0-torch`; "" is the base image."""
    base = settings().image or BASE
    return f"{base}-{extra}" if extra else base
