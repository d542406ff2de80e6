"""What `capstan cluster status` and `up` say of the stores: real ones, behind a kubectl that knows their ports."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import httpx
import psycopg
import pytest
import redis
from moto.server import ThreadedMotoServer

from cluster import access, health, prepare
from tests.support.http_server import answering
from tests.support.postgres import postgres
from tests.support.processes import free_port, process, wait_until

pytestmark = pytest.mark.rotating

# `port-forward` says where the service really is; `get` returns what the cluster keeps; every call is written down.
KUBECTL = """#!{python}
import json, pathlib, sys
folder, arguments = pathlib.Path("{folder}"), sys.argv[1:]
with (folder / "calls").open("a") as file:
    file.write(" ".join(arguments) + "\\n")
if "port-forward" in arguments:
    ports = json.loads((folder / "ports").read_text())
    name = next(each for each in arguments if each.startswith("svc/")).removeprefix("svc/")
    if name not in ports:
        sys.exit(f'Error from server (NotFound): services "{{name}}" not found')
    print(f"Forwarding from 127.0.0.1:{{ports[name]}} -> 1", flush=True)
    sys.stdin.read()
    import time; time.sleep(600)
elif "current-context" in arguments:
    print("kind-capstan")
elif "deployments,statefulsets" in arguments or "pods" in arguments:
    print('{{"items": []}}')
elif "get" in arguments:
    print((folder / "stored").read_text())
"""


class Empty(BaseHTTPRequestHandler):
    """Kubeflow Pipelines without runs, or Evidently without projects."""

    def do_GET(self) -> None:
        body = b'{"runs": []}' if "runs" in self.path else b"[]"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@dataclass
class Cluster:
    """The stores, and what kubectl knows of them."""

    folder: Path
    ports: dict[str, int]
    home: Path

    def calls(self) -> str:
        return (self.folder / "calls").read_text()

    def s3(self):
        return boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{self.ports['seaweedfs']}", region_name="us-east-1",
            aws_access_key_id="key", aws_secret_access_key="secret",
        )  # fmt: skip

    def redis(self) -> redis.Redis:
        return redis.Redis(port=self.ports["redis"], password="geheim")

    def sql(self, database: str, *statements: str) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=self.ports["postgres"], user="postgres", dbname=database, autocommit=True
        ) as connection:
            for statement in statements:
                connection.execute(statement)

    def knows(self, **changed: str) -> None:
        """Have the cluster keep these settings next to the usual ones, and `ports` of services."""
        values = {
            "CAPSTAN_PROFILE": "cluster",
            "CAPSTAN_TRACKING_URI": "http://mlflow.capstan:5000",
            "CAPSTAN_EVIDENTLY_URL": "http://evidently.capstan:8000",
            "CAPSTAN_S3_ENDPOINT": "http://seaweedfs.kubeflow:9000",
            "CAPSTAN_S3_ACCESS_KEY": "key",
            "CAPSTAN_S3_SECRET_KEY": "secret",
            "CAPSTAN_BUCKET": "capstan",
            "CAPSTAN_TOKEN": "token",
            "CAPSTAN_FEAST_REGISTRY": "postgresql+psycopg://feast:pw@postgres.capstan:5432/feast",
            "CAPSTAN_ONLINE_STORE": "redis.capstan:6379,password=geheim",
        } | changed
        encoded = {name: b64encode(value.encode()).decode() for name, value in values.items()}
        items = [
            {"kind": "Secret", "metadata": {"name": "capstan-secrets"}, "data": encoded},
            {"kind": "ConfigMap", "metadata": {"name": "capstan"}, "data": {}},
            {"kind": "ConfigMap", "metadata": {"name": "capstan-images"}, "data": {}},
        ]
        (self.folder / "stored").write_text(json.dumps({"items": items}))
        (self.folder / "ports").write_text(json.dumps(self.ports))


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Every store and service, with something in each."""
    folder = tmp_path_factory.mktemp("stores")
    port = {name: free_port() for name in ("redis", "mlflow")}
    s3 = ThreadedMotoServer(port=0)
    s3.start()
    port["seaweedfs"] = s3.get_host_and_port()[1]
    command = ["redis-server", "--port", str(port["redis"]), "--requirepass", "geheim", "--save", "", "--dir", folder]
    try:
        with (
            answering(ThreadingHTTPServer(("127.0.0.1", 0), Empty)) as server,
            postgres() as url,
            process([*map(str, command)], folder / "redis.log"),
        ):
            port |= dict.fromkeys(("ml-pipeline", "evidently"), server.server_port)
            port["postgres"] = int(url.rpartition("/")[0].rpartition(":")[2])
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("CREATE ROLE postgres SUPERUSER LOGIN")
                [rules] = connection.execute("SHOW hba_file").fetchone()
                Path(rules).write_text("host all postgres all trust\nhost all all all scram-sha-256\n")
                connection.execute("SELECT pg_reload_conf()")
            with mlflow(port, folder):
                yield Cluster(folder, port, folder / "home")
    finally:
        s3.stop()


def mlflow(port: dict[str, int], folder: Path):
    """Prepare the databases as MLflow's pod does, and start the server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPORT", str(port["postgres"]))
        for variable in prepare.DATABASES.values():
            patch.setenv(variable, "pw")
        prepare.databases("127.0.0.1", "")
    uri = f"postgresql+psycopg://mlflow:pw@127.0.0.1:{port['postgres']}/mlflow"
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port["mlflow"]), "--workers", "1"]
    more = ["--backend-store-uri", uri, "--artifacts-destination", str(folder / "files")]
    return process([*command, *more], folder / "mlflow.log", MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false")


@pytest.fixture
def cluster(started, monkeypatch):
    """All is well, and kubectl is ours."""
    folder = started.folder
    (folder / "calls").write_text("")
    (folder / "kubectl").write_text(KUBECTL.format(python=sys.executable, folder=folder))
    (folder / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    for name in [name for name in os.environ if name.startswith("CAPSTAN_") and name != "CAPSTAN_HOME"]:
        monkeypatch.delenv(name)
    started.knows()
    url = f"http://127.0.0.1:{started.ports['mlflow']}"
    wait_until(lambda: answers(f"{url}/health"))
    started.s3().create_bucket(Bucket="capstan")
    started.s3().put_object(Bucket="capstan", Key="mlflow/1/model", Body=b"1")
    started.redis().set("key", "value")
    started.sql("feast", "SET ROLE feast", "CREATE TABLE IF NOT EXISTS feature_views (name text)")
    started.sql("feast", "INSERT INTO feature_views VALUES ('carrier')")
    register(f"{url}/api/2.0/mlflow")
    access._stored.cache_clear()
    yield started
    access._stored.cache_clear()


def register(api: str) -> None:
    """Have MLflow know a version."""
    if not httpx.get(f"{api}/model-versions/search").json().get("model_versions"):
        run = httpx.post(f"{api}/runs/create", json={"experiment_id": "0"}).raise_for_status().json()["run"]["info"]
        httpx.post(f"{api}/registered-models/create", json={"name": "churn"}).raise_for_status()
        version = {"name": "churn", "source": run["artifact_uri"], "run_id": run["run_id"]}
        httpx.post(f"{api}/model-versions/create", json=version).raise_for_status()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.HTTPError:
        return False


def test_nothing_is_wrong_with_stores_that_hold_what_they_should(cluster):
    assert health.troubles() == []
    assert health.repair() == "" and "rollout" not in cluster.calls()


def test_redis_without_features_is_filled_by_runs(cluster):
    cluster.redis().flushall()
    [trouble] = health.troubles()
    assert trouble.startswith("Redis has no features") and "run each capstone" in trouble


def test_redis_with_another_password_is_not_called_ready(cluster):
    cluster.knows(CAPSTAN_ONLINE_STORE="redis.capstan:6379,password=another")
    [trouble] = health.troubles()
    assert trouble.startswith("Redis does not answer as it should") and "CAPSTAN_ONLINE_STORE" in trouble


def test_bucket_without_models_is_restored(cluster):
    cluster.s3().delete_object(Bucket="capstan", Key="mlflow/1/model")
    [trouble] = health.troubles()
    assert trouble.startswith("S3 has no version") and "restore the bucket" in trouble


def test_bucket_that_is_gone_is_made_by_the_start_of_mlflow(cluster):
    cluster.s3().delete_object(Bucket="capstan", Key="mlflow/1/model")
    cluster.s3().delete_bucket(Bucket="capstan")
    message = health.repair()
    assert "--namespace capstan rollout restart deployment/mlflow" in cluster.calls()
    assert message.startswith("S3 has no bucket capstan: run `capstan cluster up`")  # this kubectl restarted nothing


def test_service_that_is_gone_is_one_line(cluster):
    del cluster.ports["evidently"]
    try:
        cluster.knows()
        [trouble] = health.troubles()
    finally:
        cluster.ports["evidently"] = cluster.ports["ml-pipeline"]
    assert trouble.startswith("svc/evidently of the namespace capstan cannot be reached") and "\n" not in trouble


def test_status_shows_what_is_wrong(cluster):
    cluster.redis().flushall()
    (cluster.folder / "kubectl").write_text(
        (cluster.folder / "kubectl").read_text().replace('{"items": []}', json.dumps({"items": [ready("redis")]}))
    )
    command = [Path(sys.executable).with_name("capstan"), "cluster", "status", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    status = json.loads(done.stdout)
    assert [service["name"] for service in status["services"]] == ["redis"]
    assert [trouble.split(",")[0] for trouble in status["troubles"]] == ["Redis has no features"]


def ready(name: str) -> dict:
    """Return a Deployment whose one pod is ready."""
    counts = {"replicas": 1, "readyReplicas": 1, "updatedReplicas": 1, "observedGeneration": 1}
    return {"metadata": {"name": name, "generation": 1}, "spec": {"replicas": 1}, "status": counts}


def test_new_postgresql_is_filled_by_the_start_of_mlflow_and_the_loss_is_still_said(cluster):
    """Last: MLflow's server is another one after it."""
    cluster.sql("postgres", "DROP DATABASE mlflow WITH (FORCE)", "DROP DATABASE feast WITH (FORCE)")
    cluster.sql("postgres", "DROP ROLE mlflow", "DROP ROLE feast")
    database, service = health.troubles()
    assert database.startswith("PostgreSQL lacks its database") and "capstan cluster up" in database
    assert service.startswith("MLflow lacks its database")
    cluster.ports["mlflow"] = free_port()
    cluster.knows()
    with mlflow(cluster.ports, cluster.folder):
        wait_until(lambda: answers(f"http://127.0.0.1:{cluster.ports['mlflow']}/health"))
        [trouble] = health.troubles()
    assert trouble.startswith("MLflow knows no version, and S3 has some: restore PostgreSQL")
