"""The loans are few themselves."""

from pathlib import Path

LOAN = {"amount": 900, "price": 1_000, "term": 36, "expenses": 50, "seniority": 3, "records": "no", "age": 40}
SETTINGS: dict[str, object] = {}
ASKED = LOAN
REFUSED = (LOAN | {"age": 17}, "age")
KNOWN_LATER = ["bad"]
ACTUALS = [False, False, True]
PICTURED = {  # declined, and granted for less: the page shows the reasons and the change
    **{"amount": "1500", "price": "1800", "term": "36", "income": "110", "expenses": "60", "assets": "0", "debt": "0"},
    **{"seniority": "1", "age": "25", "home": "rent", "job": "fixed", "records": "no", "marital": "single"},
}


def write(folder: Path) -> None:
    """Write nothing: the package has the loans."""
