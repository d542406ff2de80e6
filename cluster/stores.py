"""Feast's stores on a cluster: the registry in PostgreSQL, the online store in Redis. Each capstone has its project."""

from typing import Any

from capstan.errors import CapstanError, Unavailable
from capstan.settings import settings

SCAN = 10_000  # keys that Redis looks at in one go
FLAGS = {"true": True, "false": False}


def feast() -> dict[str, Any]:
    """Return both, as in feature_store.yaml. Raises CapstanError when the settings lack one."""
    own = settings()
    if not (own.feast_registry and own.online_store):
        raise CapstanError(
            "CAPSTAN_FEAST_REGISTRY and CAPSTAN_ONLINE_STORE are not set. `capstan cluster up` puts them into the "
            "Secret `capstan-secrets`, and for steps into `capstan-features`, which `step_secrets.py` gives to a step."
        )
    return {
        "registry": {"registry_type": "sql", "path": own.feast_registry},
        "online_store": {"type": "redis", "connection_string": own.online_store},
    }


def rows(project: str) -> dict[str, int]:
    """Return the rows of a project in each table of the registry, and its keys in Redis. Raises CapstanError."""
    tables = _registry("SELECT count(*) FROM {} WHERE project_id = :project", project)
    return {"redis keys": len(_keys(project))} | {f"postgres {table}": count for table, count in tables.items()}


def discard(project: str) -> None:
    """Remove what both hold of a project."""
    if keys := _keys(project):
        client = _redis()
        for start in range(0, len(keys), SCAN):
            client.delete(*keys[start : start + SCAN])
    _registry("DELETE FROM {} WHERE project_id = :project", project)


def redis_client(connection: str, **options: Any) -> Any:
    """Return a client for Feast's connection string, such as `redis:6379,password=...,ssl=true`."""
    from redis import Redis

    address, *others = connection.split(",")
    host, _, port = address.rpartition(":")
    fields: dict[str, Any] = dict(option.split("=", 1) for option in others)
    return Redis(
        host=host, port=int(port), **{name: FLAGS.get(value, value) for name, value in fields.items()}, **options
    )


def _keys(project: str) -> list[bytes]:
    from redis.exceptions import RedisError

    try:
        # Feast ends each key with the name of the project.
        return [key for key in _redis().scan_iter(match=f"*{project}", count=SCAN) if key.endswith(project.encode())]
    except RedisError as error:
        raise Unavailable(f"Redis does not answer: {error}") from error


def _redis() -> Any:
    return redis_client(settings().online_store, socket_timeout=10)


def _registry(statement: str, project: str) -> dict[str, int]:
    """Run a statement on each table of the registry that has projects; return what it counts, by table."""
    from sqlalchemy import create_engine, inspect, text
    from sqlalchemy.exc import SQLAlchemyError

    engine = create_engine(settings().feast_registry)
    counts = {}
    try:
        with engine.begin() as connection:
            described = inspect(connection)
            for name in described.get_table_names():  # none, if the registry was never used
                if any(column["name"] == "project_id" for column in described.get_columns(name)):
                    quoted = engine.dialect.identifier_preparer.quote(name)
                    result = connection.execute(text(statement.format(quoted)), {"project": project})
                    counts[name] = int(result.scalar_one() if result.returns_rows else result.rowcount)
    except SQLAlchemyError as error:
        raise Unavailable(f"PostgreSQL does not answer: {error}") from error
    finally:
        engine.dispose()
    return counts
