"""The loans are few themselves."""

from pathlib import Path

LOAN = {"amount": 900, "price": 1_000, "term": 36, "expenses": 50, "seniority": 3, "records": "no", "age": 40}
SETTINGS: dict[str, object] = {}
ASKED = LOAN
REFUSED = (LOAN | {"age": 17}, "age")
KNOWN_LATER = ["bad"]


def write(folder: Path) -> None:
    """Write nothing: the package has the loans."""
