"""What endpoints may do in PostgreSQL: the statements of a role on a real server, with the product's tables."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from capstan.errors import CapstanError
from cluster import roles
from monitoring.history import Event, History
from predictions.labels import Actual, LabelStore
from tests.support.postgres import postgres

pytestmark = pytest.mark.slow
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def feast() -> Iterator[str]:
    """The URL of Feast's database for its owner, with the roles of endpoints made twice."""
    with postgres() as url:
        yield database(url)


def database(postgres: str) -> str:
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as server:
        server.execute("CREATE ROLE feast LOGIN PASSWORD 'owner'")
        server.execute("CREATE DATABASE feast OWNER feast")
    url = make_url(postgres).set(database="feast")
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(False), autocommit=True) as server:
        server.execute("ALTER SCHEMA public OWNER TO feast")
        for user in ("endpoint_1", "endpoint_2", "endpoint_1"):
            server.execute(roles.user_sql(user, "secret"))
    return url.set(username="feast", password="owner").render_as_string(False)


def as_endpoint(feast: str) -> str:
    return make_url(feast).set(username="endpoint_1", password="secret").render_as_string(False)


def test_endpoint_makes_no_tables(feast):
    with pytest.raises(CapstanError, match="permission denied for schema public"):
        History(as_endpoint(feast)).events("flights")


def test_endpoint_adds_labels_and_deletes_none(feast):
    LabelStore(feast).open_to(roles.GROUP, "INSERT")
    labels = LabelStore(as_endpoint(feast))
    [result] = labels.add("flights", [Actual({"a": NOW}, "true", NOW)])
    assert result.kind == "accepted"
    with pytest.raises(CapstanError, match="permission denied for table capstan_labels"):
        labels.expire("flights", NOW)


def test_deployments_at_the_same_moment_grant_one_after_another(feast):
    with ThreadPoolExecutor(8) as deployments:
        list(deployments.map(lambda _: LabelStore(feast).open_to(roles.GROUP, "INSERT"), range(64)))


def test_endpoint_reads_the_history_and_does_not_write_it(feast):
    History(feast).open_to(roles.GROUP)
    History(feast).add("flights", "one", Event("paused", NOW, "A test."))
    history = History(as_endpoint(feast))
    assert [event.reason for event in history.events("flights")] == ["A test."]
    with pytest.raises(CapstanError, match="permission denied for table capstan_history"):
        history.add("flights", "two", Event("resumed", NOW, "A test."))


def test_endpoint_reads_tables_of_the_future(feast):
    with create_engine(feast, poolclass=NullPool).begin() as owner:
        owner.execute(text("CREATE TABLE feature_views_of_tomorrow (a int)"))
    with create_engine(as_endpoint(feast), poolclass=NullPool).connect() as endpoint:
        assert endpoint.execute(text("SELECT count(*) FROM feature_views_of_tomorrow")).scalar() == 0
