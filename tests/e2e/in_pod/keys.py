"""In an endpoint's or a training pod: what its keys may do in each store. Prints what was allowed."""

import json
import os
import socket
import time
import urllib.error
import urllib.parse
import urllib.request

import boto3
import psycopg
import redis
from botocore.config import Config
from botocore.exceptions import ClientError

MLFLOW = f"{os.environ['CAPSTAN_TRACKING_URI']}/api/2.0/mlflow"
allowed = {}


def attempt(what: str, work: object) -> None:
    """Note whether something is allowed. What does not answer is an error, and no refusal."""
    try:
        work()
    except ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403, error
        allowed[what] = False
    except (psycopg.errors.InsufficientPrivilege, redis.exceptions.NoPermissionError):
        allowed[what] = False
    except urllib.error.HTTPError as error:
        assert error.code in (401, 403), error
        allowed[what] = False
    else:
        allowed[what] = True


def wait_for_the_network() -> None:
    """A new pod is refused until each node's policies know its address."""
    store = urllib.parse.urlsplit(os.environ["CAPSTAN_S3_ENDPOINT"])
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            socket.create_connection((store.hostname, store.port), timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            break


def s3() -> None:
    """Files of the platform, of models, of the log."""
    patient = Config(connect_timeout=3, retries={"total_max_attempts": 2}, s3={"addressing_style": "path"})
    client = boto3.client(
        "s3", endpoint_url=os.environ["CAPSTAN_S3_ENDPOINT"], region_name="us-east-1", config=patient,
        aws_access_key_id=os.environ["CAPSTAN_S3_ACCESS_KEY"],
        aws_secret_access_key=os.environ["CAPSTAN_S3_SECRET_KEY"],
    )  # fmt: skip
    bucket = os.environ["CAPSTAN_BUCKET"]
    attempt("list the bucket", lambda: client.list_objects_v2(Bucket=bucket, MaxKeys=1))
    attempt("list artifacts of runs", lambda: client.list_objects_v2(Bucket="mlpipeline", MaxKeys=1))
    for folder in ("predictions", "jobs", "mlflow"):
        key = f"{folder}/e2e-keys"
        attempt(f"write to {folder}", lambda key=key: client.put_object(Bucket=bucket, Key=key, Body=b"e2e"))
        attempt(f"delete from {folder}", lambda key=key: client.delete_object(Bucket=bucket, Key=key))


def database() -> None:
    """Feast's registry and the labels. Nothing is kept."""
    with psycopg.connect(os.environ["CAPSTAN_FEAST_REGISTRY"].replace("+psycopg", ""), connect_timeout=5) as connection:
        for what, statement in {
            "read features": "SELECT count(*) FROM feature_views",
            "change features": "DELETE FROM feature_views",
            "read labels": "SELECT count(*) FROM capstan_labels",
            "add labels": "INSERT INTO capstan_labels SELECT * FROM capstan_labels WHERE false",
            "delete labels": "DELETE FROM capstan_labels",
            "read the history": "SELECT count(*) FROM capstan_history",
            "change the history": "DELETE FROM capstan_history",
            "make a table": "CREATE TABLE e2e_keys (a int)",
        }.items():
            attempt(what, lambda statement=statement: connection.execute(statement))
            connection.rollback()


def online_store() -> None:
    """Redis."""
    options = dict(part.split("=", 1) for part in os.environ["CAPSTAN_ONLINE_STORE"].split(",")[1:])
    client = redis.Redis(host=os.environ["CAPSTAN_ONLINE_STORE"].partition(":")[0], socket_timeout=5, **options)
    attempt("read online features", lambda: client.hmget("e2e-keys", "a"))
    attempt("write online features", lambda: client.hset("e2e-keys", "a", "1"))
    attempt("empty the online store", client.flushall)


def registry() -> None:
    """MLflow."""

    def ask(path: str, body: bytes | None = None) -> None:
        headers = {"authorization": f"Bearer {os.environ.get('CAPSTAN_TOKEN', '')}", "content-type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{MLFLOW}/{path}", body, headers), timeout=10)

    attempt("read the registry", lambda: ask("registered-models/search?max_results=1"))
    attempt("change the registry", lambda: ask("registered-models/create", b'{"name": "e2e-keys"}'))


wait_for_the_network()
s3()
registry()
if "CAPSTAN_FEAST_REGISTRY" in os.environ:
    database()
if "CAPSTAN_ONLINE_STORE" in os.environ:
    online_store()
print(json.dumps([what for what, is_allowed in allowed.items() if is_allowed]))
