"""The year is small itself; one forecaster learns it fast."""

from datetime import UTC, datetime
from pathlib import Path

DAY = {"start": "2014-11-05T00:00:00+10:00", "temperature": [15.0] * 336, "holidays": ["2014-11-04"]}
SETTINGS = {"forecaster": "boosting", "folds": 1}
ASKED = DAY | {"demand": [4.5] * 336}
REFUSED = (DAY | {"demand": [4.5] * 300}, "demand")
LOOKED_AT = datetime(2014, 11, 6, tzinfo=UTC)  # the day after the one that is asked for
KNOWN_LATER = ["actual_peak", "coverage", "mase"]


def write(folder: Path) -> None:
    """Write nothing: the package has the year."""
