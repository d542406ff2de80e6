"""Whether the stores and services answer, asked as their clients ask, and whether one has lost what it held."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from capstan.errors import CapstanError
from capstan.services.proxies import is_loopback
from capstan.settings import settings
from cluster import readiness
from cluster.access import connect, local_addresses
from cluster.kubectl import kubectl
from cluster.names import NAMESPACE, PIPELINES_API
from cluster.stores import redis_client

SECONDS = 5  # for a connection, and for an answer
LONGEST = 200  # characters of what a store says
# What PostgreSQL says of a database or a table that it has not. Of a user, it says the same as of a wrong password.
GONE = ("does not exist", "password authentication failed")
PAGE = "docs/operations.md#when-a-store-is-lost"
AGAIN = f"run `capstan cluster up`. If data are lost, restore a backup or run each capstone ({PAGE})."


class Lost(CapstanError):
    """A store answers, and lacks what MLflow's pod makes when it starts: databases with users, tables, the bucket."""


Answers = dict[str, int | CapstanError]  # by store or service: how much it holds, or what is wrong


def troubles() -> list[str]:
    """Return what is wrong with a store or a service, and what to do about it. Raises CapstanError without Capstan."""
    return _troubles(_ask())


def repair() -> str:
    """Have MLflow's pod make the databases and the bucket again, if one is gone. Return what is wrong after that."""
    answers = _ask()
    if any(isinstance(answer, Lost) for answer in answers.values()):
        kubectl("--namespace", NAMESPACE, "rollout", "restart", "deployment/mlflow")
        readiness.wait()
        answers = _ask()
    return " ".join(_troubles(answers))


def _ask() -> Answers:
    """Ask all at the same time."""
    with connect(), ThreadPoolExecutor(len(QUESTIONS)) as pool:
        return dict(zip(QUESTIONS, pool.map(_answer, QUESTIONS), strict=True))


def _answer(name: str) -> int | CapstanError:
    try:
        return QUESTIONS[name]()
    except CapstanError as error:
        return error


def _troubles(answers: Answers) -> list[str]:
    messages = [str(answer) for answer in answers.values() if isinstance(answer, CapstanError)]
    held = {name: answer for name, answer in answers.items() if isinstance(answer, int)}
    return messages + [advice for empty, full, advice in LOSSES if held.get(empty) == 0 and held.get(full)]


def _postgres() -> int:
    """Return the number of Feast's feature views."""
    import psycopg

    uri = settings().feast_registry.replace("+psycopg", "")
    try:
        with (
            local_addresses(SECONDS, uri=uri) as addresses,
            psycopg.connect(addresses["uri"], connect_timeout=SECONDS) as connection,
        ):
            [table] = connection.execute("SELECT to_regclass('feature_views')").fetchone() or [None]
            [views] = connection.execute("SELECT count(*) FROM feature_views").fetchone() or [0] if table else [0]
            return int(views)
    except psycopg.Error as error:
        raise _failed("PostgreSQL", error, "Check CAPSTAN_FEAST_REGISTRY.") from error


def _redis() -> int:
    """Return the number of keys."""
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
    from redis.retry import Retry

    limits = {"socket_connect_timeout": SECONDS, "socket_timeout": SECONDS, "retry": Retry(NoBackoff(), 0)}
    with local_addresses(SECONDS, at=settings().online_store) as known:
        try:
            with redis_client(known["at"], **limits) as client:
                return int(client.dbsize())
        except RedisError as error:
            raise _failed(
                "Redis", error, "Check CAPSTAN_ONLINE_STORE. Redis reads its password at its start."
            ) from error


def _s3() -> int:
    """Return 1 when the bucket has files of models, or 0."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    own = settings()
    limits = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 1})
    with local_addresses(SECONDS, url=own.s3_endpoint) as addresses:
        client = boto3.client(
            "s3",
            endpoint_url=addresses["url"] or None,
            region_name=own.s3_region,
            aws_access_key_id=own.s3_access_key or None,
            aws_secret_access_key=own.s3_secret_key or None,
            config=limits,
        )
        try:
            return int(client.list_objects_v2(Bucket=own.bucket, Prefix="mlflow/", MaxKeys=1)["KeyCount"])
        except (BotoCoreError, ClientError) as error:
            if "NoSuchBucket" in str(error):
                raise Lost(f"S3 has no bucket {own.bucket}: {AGAIN}") from error
            raise _failed("S3", error, "Check CAPSTAN_S3_ENDPOINT, CAPSTAN_BUCKET and the keys.") from error


def _mlflow() -> int:
    """Return the number of versions, 1 at most."""
    path = "/api/2.0/mlflow/model-versions/search?max_results=1"
    return len(_get("MLflow", settings().tracking_uri, path).get("model_versions", []))


def _pipelines() -> int:
    """Return the number of runs, 1 at most."""
    return len(_get("Kubeflow Pipelines", PIPELINES_API, "/apis/v2beta1/runs?page_size=1").get("runs", []))


def _evidently() -> int:
    """Return the number of projects."""
    return len(_get("Evidently", settings().evidently_url, "/api/projects"))


def _get(name: str, url: str, path: str) -> Any:
    """Return a service's answer, as JSON."""
    import httpx

    bearer = {"Authorization": f"Bearer {settings().token}"}
    with local_addresses(SECONDS, url=url) as addresses:
        try:
            may_use_proxy = not is_loopback(addresses["url"])
            reply = httpx.get(f"{addresses['url']}{path}", headers=bearer, timeout=SECONDS, trust_env=may_use_proxy)
            return reply.raise_for_status().json()
        except httpx.HTTPStatusError as error:
            message = f"{error.response.status_code}: {error.response.text}"
            raise _failed(name, message, "Restart it, and see its pod's log.") from error
        except (httpx.HTTPError, ValueError) as error:
            raise _failed(name, error, "Restart it, and see its pod's log.") from error


def _failed(name: str, message: object, advice: str) -> CapstanError:
    """Return the error of a store, in one line."""
    line = " ".join(str(message).split())
    short = line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."
    if any(words in line for words in GONE):
        return Lost(f"{name} lacks its database, or the password of it ({short}): {AGAIN}")
    return CapstanError(f"{name} does not answer as it should ({short}). {advice}")


QUESTIONS = {
    "PostgreSQL": _postgres,
    "Redis": _redis,
    "S3": _s3,
    "MLflow": _mlflow,
    "Kubeflow Pipelines": _pipelines,
    "Evidently": _evidently,
}
# What is empty although another store is not, and what to do.
LOSSES = (
    ("Redis", "PostgreSQL", f"Redis has no features, and Feast knows some: run each capstone ({PAGE})."),
    ("MLflow", "S3", f"MLflow knows no version, and S3 has some: restore PostgreSQL, or run each capstone ({PAGE})."),
    ("S3", "MLflow", f"S3 has no version, and MLflow knows some: restore the bucket, or run each capstone ({PAGE})."),
)
