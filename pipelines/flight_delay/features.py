"""Feature views of flights out of New York: weather, recent delays, departures, aircraft and schedule."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, RequestSource, ValueType
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float64, Int64, UnixTimestamp

from pipelines.flight_delay import columns

ENTITIES = {
    "origin": "airport of departure, IATA code",
    "dest": "airport of destination, IATA code",
    "carrier": "airline, two-character code",
    "tailnum": "aircraft, registration number",
}
origin, dest, carrier, tailnum = (
    Entity(name=name, description=what, value_type=ValueType.STRING) for name, what in ENTITIES.items()
)
BY_NAME = {entity.name: entity for entity in (origin, dest, carrier, tailnum)}


def _view(name: str, keys: list[str], ttl: timedelta, features: list[str], created: str = "") -> FeatureView:
    # The path is relative to the folder of the feature tables, which `feature_tables` of the task fills.
    source = FileSource(
        name=name,
        path=f"{name}.parquet",
        timestamp_field="event_timestamp",
        created_timestamp_column=created,
    )
    schema = [Field(name=feature, dtype=Float64) for feature in features]
    entities = [BY_NAME[key] for key in keys]
    return FeatureView(name=name, entities=entities, ttl=ttl, schema=schema, source=source)


weather = _view("weather", ["origin"], timedelta(hours=6), columns.READINGS, created="arrived")
aircraft = _view("aircraft", ["tailnum"], timedelta(0), columns.AIRCRAFT)
origin_delays, carrier_delays, dest_delays, route_delays, aircraft_delays = (
    _view(name, keys, window, columns.delay_columns(name)) for name, (keys, window) in columns.WINDOWS.items()
)
origin_departures, carrier_departures, airline_departures, dest_departures = (
    _view(name, keys, window, columns.departure_columns(name)) for name, (keys, window) in columns.DEPARTURES.items()
)
[aircraft_rotation] = (
    _view(name, keys, ttl, columns.ROTATION_COLUMNS) for name, (keys, ttl) in columns.ROTATION.items()
)

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
    outputs: dict[str, list[float]] = {"minute_of_day": [], "weekday": [], "planned_minutes": []}
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
        origin_departures,
        carrier_departures,
        airline_departures,
        dest_departures,
        aircraft_rotation,
        schedule,
    ],
)
