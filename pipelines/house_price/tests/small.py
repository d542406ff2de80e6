"""The sales are few themselves; the stack is without boosting, which takes most of the time."""

from pathlib import Path

HOUSE = {"neighborhood": "North Ames", "living_area": 1_440, "year_built": 1968}
SETTINGS: dict[str, object] = {"members": "vectors net"}
ASKED = HOUSE | {"overall_quality": 6, "lot_area": 9_600, "bedrooms": 3, "garage_cars": 2, "central_air": "yes"}
REFUSED = (HOUSE | {"living_area": 90}, "living_area")
KNOWN_LATER = ["sold_for"]
ACTUALS = [150_000.0, 172_500.0, 161_000.0]


def write(folder: Path) -> None:
    """Write nothing: the package has the sales."""
