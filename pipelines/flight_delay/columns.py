"""The inputs of the model by origin, and the keys and windows of the features."""

from datetime import timedelta

ENTITY_KEYS = ["carrier", "origin", "dest", "tailnum"]
LABEL = "late"
LATE_AFTER = 15  # minutes
HORIZON = timedelta(hours=1)  # the prediction is made this long before the scheduled departure
# Midnight in New York. September calibrates the probabilities; the final model is fitted on it too.
TEST_FROM = "2013-10-01T04:00:00Z"
CALIBRATE_FROM = "2013-09-01T04:00:00Z"
# The readings of the weather end a day before the flights do. The online store is as of an instant of the last evening
# that has both, so that a flight of that evening finds all of its features.
ONLINE_AS_OF = "2013-12-30T19:15:00-05:00"

# Feature view: its keys, and the length of the window that ends at the latest landing. The window is also the TTL of
# the view, because an older row describes flights that the window no longer holds.
WINDOWS = {
    "origin_delays": (["origin"], timedelta(hours=3)),
    "carrier_delays": (["carrier", "origin"], timedelta(hours=24)),
    "dest_delays": (["dest"], timedelta(hours=6)),
    "route_delays": (["origin", "dest"], timedelta(days=7)),
    "aircraft_delays": (["tailnum"], timedelta(hours=12)),
}
# The same of departures: of flights that left within the window, and of those that are due and have not left.
DEPARTURES = {
    "origin_departures": (["origin"], timedelta(hours=1)),
    "carrier_departures": (["carrier", "origin"], timedelta(hours=3)),
    "airline_departures": (["carrier"], timedelta(hours=4)),
    "dest_departures": (["dest"], timedelta(hours=6)),
}
# How long a flight that has not left counts as due. The data does not say when a flight was cancelled, so a cancelled
# one waits as long as any other: that it will not leave is used nowhere.
DUE_FOR = timedelta(hours=4)
ROTATION = {"aircraft_rotation": (["tailnum"], timedelta(hours=24))}
# A row of these counts for a day, for flights that depart an hour after they are predicted.
NEXT_WITHIN = ROTATION["aircraft_rotation"][1] + HORIZON
ROTATION_COLUMNS = ["aircraft_slack", "aircraft_last_delay"]
READINGS = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
AIRCRAFT = ["aircraft_age", "aircraft_seats"]


def delay_columns(view: str) -> list[str]:
    """Return the columns of a view of WINDOWS: the share of late arrivals, and the mean delay in minutes."""
    of = view.removesuffix("_delays")
    return [f"{of}_late_share", f"{of}_mean_delay"]


def departure_columns(view: str) -> list[str]:
    """Return the columns of a view of DEPARTURES.

    Of the flights that left within the window, the share that left late and the mean delay in minutes. Of those that
    were due within DUE_FOR, how many have not left, and their share.
    """
    of = view.removesuffix("_departures")
    return [f"{of}_left_late_share", f"{of}_left_mean_delay", f"{of}_waiting", f"{of}_waiting_share"]


# By origin: `compare` measures what each is worth.
GROUPS = {
    "schedule": ["minute_of_day", "weekday", "planned_minutes", "carrier", "origin", "dest"],
    "weather": READINGS,
    "recent delays": [column for view in WINDOWS for column in delay_columns(view)],
    "aircraft": AIRCRAFT,
    "departures": [column for view in DEPARTURES for column in departure_columns(view)],
    "rotation": ROTATION_COLUMNS,
}
INPUTS = [column for group in GROUPS.values() for column in group]
CATEGORIES = ["carrier", "origin", "dest"]
