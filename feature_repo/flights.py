"""Flights out of New York: weather, how punctual everyone involved has lately been, aircraft and schedule."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, RequestSource
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float64, Int64, UnixTimestamp

from capstan.settings import settings
from feature_repo.entities import carrier, dest, origin, tailnum


def _view(name: str, entities: list[Entity], ttl: timedelta, features: dict, created: str = "") -> FeatureView:
    source = FileSource(
        name=name,
        path=str(settings().feature_tables / "flights" / f"{name}.parquet"),
        timestamp_field="event_timestamp",
        created_timestamp_column=created,
    )
    schema = [Field(name=feature, dtype=dtype) for feature, dtype in features.items()]
    return FeatureView(name=name, entities=entities, ttl=ttl, schema=schema, source=source)


def _delays(name: str, entities: list[Entity], ttl: timedelta) -> FeatureView:
    # The TTL is the window: a row older than that describes flights that the window no longer holds.
    return _view(f"{name}_delays", entities, ttl, {f"{name}_late_share": Float64, f"{name}_mean_delay": Float64})


WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
weather = _view("weather", [origin], timedelta(hours=6), dict.fromkeys(WEATHER, Float64), created="arrived")
origin_delays = _delays("origin", [origin], timedelta(hours=3))
carrier_delays = _delays("carrier", [carrier, origin], timedelta(hours=24))
dest_delays = _delays("dest", [dest], timedelta(hours=6))
route_delays = _delays("route", [origin, dest], timedelta(days=7))
aircraft_delays = _delays("aircraft", [tailnum], timedelta(hours=12))
aircraft = _view("aircraft", [tailnum], timedelta(0), {"aircraft_age": Float64, "aircraft_seats": Float64})

flight_schedule = RequestSource(
    name="flight_schedule",
    schema=[Field(name="sched_dep", dtype=UnixTimestamp), Field(name="sched_arr", dtype=UnixTimestamp)],
)


@on_demand_feature_view(
    sources=[flight_schedule],
    mode="python",
    schema=[
        Field(name="minute_of_day", dtype=Int64),
        Field(name="weekday", dtype=Int64),
        Field(name="planned_minutes", dtype=Float64),
    ],
)
def schedule(inputs: dict) -> dict:
    """What the timetable says, on the clocks of New York; Monday is 0."""
    # Feast keeps the source of this function, not what it refers to: whatever it needs is imported inside. And it is
    # plain Python: on the single row of a request pandas would take most of the endpoint's time.
    from datetime import UTC
    from zoneinfo import ZoneInfo

    new_york = ZoneInfo("America/New_York")
    outputs = {"minute_of_day": [], "weekday": [], "planned_minutes": []}
    for departure, arrival in zip(inputs["sched_dep"], inputs["sched_arr"], strict=True):
        aware = departure if departure.tzinfo else departure.replace(tzinfo=UTC)  # Feast's own times are UTC
        clock = aware.astimezone(new_york)
        outputs["minute_of_day"].append(clock.hour * 60 + clock.minute)
        outputs["weekday"].append(clock.weekday())
        outputs["planned_minutes"].append((arrival - departure).total_seconds() / 60)
    return outputs


flight_delay = FeatureService(
    name="flight_delay",
    features=[
        weather,
        origin_delays,
        carrier_delays,
        dest_delays,
        route_delays,
        aircraft_delays,
        aircraft,
        schedule,
    ],
)
