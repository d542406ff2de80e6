"""The year is small itself; one forecaster learns it fast."""

from datetime import UTC, datetime
from pathlib import Path

SETTINGS = {"forecaster": "ridge"}
ASKED = {"day": "2014-11-05", "temperature_ahead": [15.0] * 48}
REFUSED = ({"day": "2015-03-05"}, "The week before 2015-03-05 is not known")
LOOKED_AT = datetime(2014, 11, 6, tzinfo=UTC)  # the day after the one that is asked for
ACTUALS = [[4.5] * 48]
KNOWN_LATER = ["actual_peak", "coverage", "mase"]


def write(folder: Path) -> None:
    """Write nothing: the package has the year."""
