"""The online read follows the rule of the offline join: `t - ttl <= event timestamp <= t`."""

import sqlite3
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import AwareDatetime, BaseModel

from capstan.errors import CapstanError, Unavailable
from serving.schema import rows
from tests.support.tiny_store import NOW

TICK, HOUR = timedelta(microseconds=1), timedelta(hours=1)
CARRIER = ["carrier_delay", "carrier_flights"]


class Flight(BaseModel):
    carrier: str = "AA"
    origin: str = "JFK"
    tailnum: str | None = "N1"
    sched_dep: AwareDatetime = NOW + HOUR

    def prediction_time(self) -> datetime:
        return self.sched_dep - HOUR


def row(**fields) -> rows.Row:
    flight = Flight(**fields)
    return rows.Row(flight, flight.prediction_time())


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def own(request, tmp_path_factory):
    """A store of this module's own, as on a laptop and as on a cluster."""
    from tests.support.redis import redis
    from tests.support.tiny_store import make_store, write

    with redis() if request.param == "redis" else nullcontext("") as address:
        store = make_store(tmp_path_factory.mktemp("feast"), address)
        write(store, "carrier_stats", "carrier", "AA", NOW, carrier_delay=12.0, carrier_flights=30)
        write(store, "carrier_stats", "carrier", "UA", NOW, carrier_delay=None, carrier_flights=8)
        write(store, "airports", "origin", "JFK", datetime(1970, 1, 1, tzinfo=UTC), runways=4)
        write(store, "aircraft", "tailnum", "N1", NOW, age=7.5)
        yield store


@pytest.fixture(scope="module")
def transform(own):
    from serving.scoring.features import FeatureTransformer

    return FeatureTransformer(own, "tiny", Flight).transform


@pytest.mark.parametrize(
    ("since_event", "state"),
    [
        (timedelta(0), "valid"),
        (-TICK, "future"),
        (-30 * HOUR, "future"),
        (TICK, "valid"),
        (HOUR, "valid"),
        (HOUR + TICK, "expired"),
        (20 * HOUR, "expired"),
    ],
)
def test_window_includes_both_ends(transform, since_event, state):
    columns, (report,) = transform([row(sched_dep=NOW + HOUR + since_event)])
    carrier = [columns[name][0] for name in CARRIER]
    assert carrier == ([12.0, 30] if state == "valid" else [None, None])
    assert [name for name in report.future if name in CARRIER] == (CARRIER if state == "future" else [])
    assert [name for name in report.expired if name in CARRIER] == (CARRIER if state == "expired" else [])
    assert report.missing == []


def test_without_a_ttl_nothing_expires_but_the_future_is_unknown(transform):
    columns, (report,) = transform([row(sched_dep=datetime(2100, 1, 1, tzinfo=UTC))])
    assert columns["runways"] == [4] and "runways" not in report.expired
    columns, (report,) = transform([row(sched_dep=datetime(1969, 1, 1, tzinfo=UTC))])
    assert columns["runways"] == [None] and "runways" in report.future


def test_missing_entity_null_key_and_null_value(transform):
    columns, reports = transform([row(carrier="ZZ"), row(tailnum=None), row(carrier="UA"), row()])
    assert [report.missing for report in reports] == [CARRIER, ["age"], ["carrier_delay"], []]
    assert columns["carrier_delay"] == [None, 12.0, None, 12.0]
    assert columns["carrier_flights"] == [None, 30, 8, 30]
    assert columns["age"] == [7.5, None, 7.5, 7.5]
    assert columns["runways"] == [4] * 4
    assert not any(report.expired or report.future for report in reports)


def test_null_of_an_expired_row_is_missing_and_the_rest_of_it_expired(transform):
    _, (report,) = transform([row(carrier="UA", sched_dep=NOW + 3 * HOUR)])
    assert (report.missing, report.expired) == (["carrier_delay"], ["carrier_flights"])


def test_rows_keep_their_order_and_their_own_time(transform):
    hours = [3, 0, -1, 0, 1]
    columns, reports = transform([row(sched_dep=NOW + HOUR + timedelta(hours=h)) for h in hours])
    assert columns["carrier_delay"] == [None, 12.0, None, 12.0, 12.0]
    assert [bool(r.expired) for r in reports] == [True, False, False, False, False]
    assert [bool(r.future) for r in reports] == [False, False, True, False, False]
    assert columns["hour"] == [(NOW + HOUR + timedelta(hours=h)).hour for h in hours]


def test_timestamps_of_other_zones_are_the_same_instant(transform):
    east = (NOW + HOUR).astimezone(timezone(timedelta(hours=9)))
    assert transform([row(sched_dep=east)])[0] == transform([row()])[0]


def test_names_carry_the_view_when_the_model_says_so(own):
    from feast import FeatureService

    from serving.scoring.features import FeatureTransformer

    own.apply(FeatureService(name="stored", features=[own.get_feature_view("airports")]))
    columns, _ = FeatureTransformer(own, "stored", Flight, ["airports__runways"]).transform([row()])
    assert columns == {"airports__runways": [4]}
    with pytest.raises(CapstanError, match=r"Feast leaves out \['clock__hour'\]"):
        FeatureTransformer(own, "tiny", Flight, ["airports__runways"])


def test_what_is_read_and_computed_here_is_what_feast_returns(own, transform):
    flights = [row(), row(carrier="UA"), row(origin="LGA", sched_dep=NOW + HOUR * 1.5)]
    keys = {
        name: [getattr(row.request, name) for row in flights] for name in ("carrier", "origin", "tailnum", "sched_dep")
    }
    expected = own.get_online_features(own.get_feature_service("tiny"), keys).to_dict()
    assert transform(flights)[0] == {name: values for name, values in expected.items() if name not in keys}


def test_a_view_may_be_used_under_another_name_and_key(own):
    from feast import FeatureService

    from serving.scoring.features import FeatureTransformer

    class Trip(Flight):
        start: str = "JFK"

    departure = own.get_feature_view("airports").with_name("departure").with_join_key_map({"origin": "start"})
    own.apply(FeatureService(name="trip", features=[departure, own.get_on_demand_feature_view("clock")]))
    columns, reports = FeatureTransformer(own, "trip", Trip, []).transform(
        [rows.Row(trip, trip.prediction_time()) for trip in (Trip(), Trip(start="LGA"))]
    )
    assert columns == {"runways": [4, None], "hour": [13, 13]}
    assert [report.missing for report in reports] == [[], ["runways"]]


def test_what_cannot_work_is_said_at_load(own):
    from serving.scoring.features import FeatureTransformer

    class Lacking(BaseModel):
        carrier: str
        sched_dep: AwareDatetime

    with pytest.raises(CapstanError, match=r"needs \['origin', 'tailnum'\], which Lacking lacks"):
        FeatureTransformer(own, "tiny", Lacking)
    with pytest.raises(CapstanError, match="no feature service 'other'"):
        FeatureTransformer(own, "other", Flight)


def test_an_on_demand_view_of_stored_features_is_refused(own):
    """Feast computes it before the windows are checked, so that online it would see what training did not."""
    from feast import FeatureService, Field
    from feast.on_demand_feature_view import on_demand_feature_view
    from feast.types import Float64

    from serving.scoring.features import FeatureTransformer

    @on_demand_feature_view(
        sources=[own.get_feature_view("aircraft")], mode="python", schema=[Field(name="months", dtype=Float64)]
    )
    def age_in_months(inputs: dict) -> dict:
        return {"months": [age * 12 for age in inputs["age"]]}

    own.apply([age_in_months, FeatureService(name="derived", features=[age_in_months])])
    with pytest.raises(CapstanError, match=r"computes from the stored views \['aircraft'\]"):
        FeatureTransformer(own, "derived", Flight)


def test_online_and_offline_features_are_the_same(own, transform):
    """The same rows through Feast's offline join, at both ends of every window."""
    import pandas as pd

    from tests.support.tiny_store import offline

    times = [NOW + delta for delta in (-TICK, timedelta(0), HOUR, HOUR + TICK, 24 * HOUR, 24 * HOUR + TICK)]
    flights = [row(carrier=carrier, sched_dep=time + HOUR) for time in times for carrier in ("AA", "UA", "ZZ")]
    online = pd.DataFrame(transform(flights)[0])
    joined = offline(own, flights)[online.columns]
    pd.testing.assert_frame_equal(online.astype(float), joined.astype(float), check_names=False)


def test_a_store_that_fails_is_unavailable(tmp_path):
    from serving.scoring.features import FeatureTransformer
    from tests.support.tiny_store import make_store

    transformer = FeatureTransformer(make_store(tmp_path), "tiny", Flight)
    with sqlite3.connect(tmp_path / "online.db") as database:
        database.execute("DROP TABLE tiny_aircraft")
    with pytest.raises(Unavailable, match="online store does not answer: no such table"):
        transformer.transform([row()])
