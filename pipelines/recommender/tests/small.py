"""The ratings are few themselves."""

from pathlib import Path

ASKED = {"user_id": 15, "count": 5}
REFUSED = ({"liked": ["No Such Film (1999)"], "count": 5}, "liked")


def write(folder: Path) -> None:
    """Write nothing: the package has the ratings."""
