"""The cluster's services, through their own APIs and forwarded ports."""

import io
import json
import subprocess
import time
from datetime import datetime

import httpx

from cluster.retirement import pipeline_name
from cluster.runs import Runs
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE

UNFINISHED = ["PENDING", "RUNNING", "CANCELING", "PAUSED"]
PORTS = {
    "pipelines": ("svc/ml-pipeline", 8888, "kubeflow"),
    "s3": ("svc/seaweedfs", 9000, "kubeflow"),
    "mlflow": ("svc/mlflow", 5000, "capstan"),
    "evidently": ("svc/evidently", 8000, "capstan"),
}


class Services:
    """Kubeflow Pipelines, MLflow, Evidently and the object store."""

    def __enter__(self) -> "Services":
        self.forwards: dict[str, kube.Forward] = {}
        self.read_token()
        return self

    def read_token(self) -> None:
        """Read the token, which is another after a rotation of keys."""
        self.token = kube.secret("capstan-secrets", "CAPSTAN_TOKEN")
        self.bearer = {"Authorization": f"Bearer {self.token}"}

    def __exit__(self, *_error: object) -> None:
        for forward in self.forwards.values():
            forward.close()

    def port(self, name: str) -> int:
        """Return the port of a service on this machine; another one when the service's pod was replaced."""
        if name in self.forwards and self.forwards[name].ended:
            self.forwards.pop(name).close()
        if name not in self.forwards:
            self.forwards[name] = kube.Forward(*PORTS[name])
        return self.forwards[name].port

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port(name)}"

    # Kubeflow Pipelines

    def run(self, run_id: str) -> dict:
        return httpx.get(f"{self.url('pipelines')}/apis/v2beta1/runs/{run_id}").raise_for_status().json()

    def wait_for_other_runs(self, seconds: float = 600) -> None:
        """Wait until no run goes on: somebody may use the cluster."""
        states = {"operation": "IN", "key": "state", "stringValues": {"values": UNFINISHED}}
        query = {"filter": json.dumps({"predicates": [states]})}
        end = time.monotonic() + seconds
        while httpx.get(f"{self.url('pipelines')}/apis/v2beta1/runs", params=query).json().get("runs"):
            assert time.monotonic() < end, "another run does not end"
            time.sleep(2)

    def wait_for_flagship(self, seconds: float = 600) -> None:
        """Wait until no run of the flagship goes on, by whomever it was started."""
        with Runs(self.url("pipelines")) as runs:
            end = time.monotonic() + seconds
            while runs.unfinished(pipeline_name(CAPSTONE), CAPSTONE):
                assert time.monotonic() < end, "another run does not end"
                time.sleep(2)

    def run_flagship(self, *options: str, **more) -> subprocess.CompletedProcess:
        """Run `capstan run flight_delay` with options when nobody else runs it: a second run at a time is refused."""
        while True:
            self.wait_for_flagship()
            done = kube.capstan("run", CAPSTONE, *options, **more)
            if "is being run already" not in done.stderr:
                return done

    def summary(self, *options: str, **more) -> dict:
        """Run the flagship; return what the command prints with --json."""
        done = self.run_flagship(*options, "--json", **more)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    # MLflow

    def mlflow(self, path: str, **query: str) -> dict:
        ask = {"params": query, "headers": self.bearer}
        try:
            reply = httpx.get(f"{self.url('mlflow')}/api/2.0/mlflow/{path}", **ask)
        except httpx.TransportError:  # the pod that was reached is being replaced
            self.forwards.pop("mlflow").close()
            reply = httpx.get(f"{self.url('mlflow')}/api/2.0/mlflow/{path}", **ask)
        return reply.raise_for_status().json()

    def versions(self) -> list[str]:
        """Return the numbers of the flagship's versions, the newest first."""
        versions = self.mlflow("model-versions/search", filter=f"name='{CAPSTONE}'").get("model_versions", [])
        return sorted((version["version"] for version in versions), key=int, reverse=True)

    def version(self, number: str) -> dict[str, str]:
        """Return the tags of a version of the flagship."""
        registered = self.mlflow("model-versions/get", name=CAPSTONE, version=number)["model_version"]
        return {tag["key"]: tag["value"] for tag in registered["tags"]}

    def registered_scores(self, number: str) -> dict[str, float]:
        """Return the metrics that MLflow has of a version of the flagship."""
        registered = self.mlflow("model-versions/get", name=CAPSTONE, version=number)["model_version"]
        run = self.mlflow("runs/get", run_id=registered["run_id"])["run"]
        return {item["key"]: item["value"] for item in run["data"]["metrics"]}

    def change_version(self, number: str, tag: str, value: str | None) -> None:
        """Set a tag of a version of the flagship, or delete it."""
        url, body = f"{self.url('mlflow')}/api/2.0/mlflow/model-versions", {"name": CAPSTONE, "version": number}
        method, path = ("DELETE", "delete-tag") if value is None else ("POST", "set-tag")
        body |= {"key": tag} if value is None else {"key": tag, "value": value}
        httpx.request(method, f"{url}/{path}", json=body, headers=self.bearer).raise_for_status()

    def rollout(self) -> dict:
        """Return the state of the roll-out."""
        url = f"{self.url('mlflow')}/api/2.0/mlflow/registered-models/get"
        reply = httpx.get(url, params={"name": CAPSTONE}, headers=self.bearer)
        tags = reply.json().get("registered_model", {}).get("tags", []) if reply.is_success else []
        return json.loads(next((tag["value"] for tag in tags if tag["key"] == "rollout"), '{"challenger": ""}'))

    # The object store

    def s3(self, access: str = "", hidden: str = ""):
        """Return a client with these keys, or the platform's."""
        import boto3
        from botocore.config import Config

        patient = Config(retries={"mode": "standard", "total_max_attempts": 6})  # until a forwarded port is back
        keys = [kube.secret("capstan-secrets", f"CAPSTAN_S3_{name}_KEY") for name in ("ACCESS", "SECRET")]
        return boto3.client(
            "s3", endpoint_url=self.url("s3"), region_name="us-east-1", config=patient,
            aws_access_key_id=access or keys[0], aws_secret_access_key=hidden or keys[1],
        )  # fmt: skip

    def empty_bucket(self) -> None:
        """Delete everything in Capstan's bucket."""
        s3 = self.s3()
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket="capstan"):
            for item in page.get("Contents", []):
                s3.delete_object(Bucket="capstan", Key=item["Key"])

    def written(self, bucket: str, prefix: str, since: datetime | None = None) -> dict[str, int]:
        """Return the bytes of each parquet file below a prefix, or of those written since an instant."""
        pages = self.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        items = [item for page in pages for item in page.get("Contents", []) if item["Key"].endswith(".parquet")]
        # The object store rounds its times down to seconds.
        first = since.replace(microsecond=0) if since else None
        return {item["Key"]: item["Size"] for item in items if first is None or item["LastModified"] >= first}

    def tables(self, bucket: str, prefix: str, since: datetime | None = None) -> list:
        """Return the parquet files below a prefix, those written since an instant, as data frames."""
        import pandas as pd

        s3, keys = self.s3(), self.written(bucket, prefix, since)
        return [pd.read_parquet(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read())) for key in keys]
