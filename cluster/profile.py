"""The cluster profile: an object store, PostgreSQL, Redis, and services that Kubernetes runs."""

import atexit
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.data.storage import Bucket, Storage
from capstan.errors import CapstanError, Unavailable
from capstan.image_names import image
from capstan.settings import settings
from cluster import inference_service, stores
from cluster.access import forwarded, inside
from cluster.forward import Forward
from cluster.names import NAMESPACE, service_name

if TYPE_CHECKING:
    from capstan.data.retention_policy import Policy, Removed

# PostgreSQL notices within a minute that the node of a client is gone; by default that takes two hours.
KEEPALIVE = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"


@cache
def _forwarded_endpoint(capstone: str) -> str:
    """Return the URL of a port of this machine that leads to an endpoint until this process ends."""
    forward = Forward(NAMESPACE, f"svc/{service_name(capstone)}-predictor", 80)
    atexit.register(forward.close)
    return f"http://127.0.0.1:{forward.wait()}"


@contextmanager
def _reached(capstone: str) -> Iterator[list[str]]:
    """Yield the URL of each pod of an endpoint that gets requests; outside of the cluster, forwarded ports."""
    pods = [pod for pod in inference_service.pods(capstone) if inference_service.is_ready(pod)]
    if not pods:
        raise Unavailable(f"No pod serves {capstone}. See `kubectl -n {NAMESPACE} get pods`.")
    if inside():
        yield [f"http://{pod['status']['podIP']}:8080" for pod in pods]
        return
    with ExitStack() as stack:
        names = [f"pod/{pod['metadata']['name']}" for pod in pods]
        ports = [stack.enter_context(forwarded(NAMESPACE, name, 8080)) for name in names]
        yield [f"http://127.0.0.1:{port}" for port in ports]


class ClusterProfile:
    """A Kubernetes cluster. The addresses and passwords come from the settings, which a ConfigMap and a Secret give."""

    def __init__(self) -> None:
        own = settings()
        if not own.s3_endpoint:
            raise CapstanError(
                "CAPSTAN_S3_ENDPOINT is not set. It comes from the ConfigMap `capstan`: make it with `capstan cluster "
                "up`, which puts it into the namespaces of Capstan and of Kubeflow Pipelines."
            )
        # Feast, DuckDB and Ray find the object store as AWS's tools do.
        aws = {
            "AWS_ENDPOINT_URL": own.s3_endpoint,
            "AWS_DEFAULT_REGION": own.s3_region,
            "AWS_ACCESS_KEY_ID": own.s3_access_key,
            "AWS_SECRET_ACCESS_KEY": own.s3_secret_key,
        }
        os.environ.update({name: value for name, value in aws.items() if value})

    def storage(self) -> Storage:
        """Return the bucket."""
        own = settings()
        return Bucket(own.bucket, own.s3_endpoint, own.s3_region, own.s3_access_key, own.s3_secret_key)

    def database(self, name: str) -> str:
        """Return PostgreSQL: the database of Feast's registry, which every process of a capstone reaches already."""
        return settings().feast_registry

    def feast(self, capstone: str) -> dict[str, Any]:
        """Return PostgreSQL and Redis."""
        return stores.feast()

    def stored_rows(self, capstone: str) -> dict[str, int]:
        """Return what both hold of a capstone."""
        return stores.rows(capstone)

    def discard_stores(self, capstone: str) -> None:
        """Remove what both hold of a capstone."""
        stores.discard(capstone)

    def workspace(self) -> str:
        """Return the URL of the Evidently service."""
        return settings().evidently_url

    def ensure(self, service: str, capstone: str = "") -> None:
        """Make a capstone's InferenceService, with the image of this process, and wait until it is ready."""
        if service == "endpoint":
            inference_service.apply(capstone, image(capstone))

    def fit_on_ray(self, capstone: str, tables: str, model: str, parameters: dict[str, Any]) -> bool:
        """With `workers` over 0, train in a RayJob."""
        workers = int(parameters.get("workers") or 0)
        if workers:
            from cluster import ray_job

            module, chosen = "components.train.remote", json.dumps(parameters)
            folders = Path(tables), Path(model)
            ray_job.run(self.storage(), module, capstone, *folders, chosen, workers, image(capstone))
        return bool(workers)

    def endpoint(self, capstone: str) -> str:
        """Return the URL of the predictor's Service; outside of the cluster, that of a forwarded port."""
        if settings().endpoint_url:
            return settings().endpoint_url
        if inside():
            return f"http://{service_name(capstone)}-predictor.{NAMESPACE}"
        return _forwarded_endpoint(capstone)

    @contextmanager
    def replicas(self, capstone: str) -> Iterator[list[str]]:
        """Yield the URL of each pod that gets requests. One that starts meanwhile reads the new state by itself."""
        try:
            with _reached(capstone) as urls:
                yield urls
        except Unavailable as error:
            raise Unavailable(" ".join([str(error), *inference_service.killed(capstone)])) from error

    @contextmanager
    def lock(self, name: str, message: str) -> Iterator[None]:
        """Hold an advisory lock of PostgreSQL, which ends with the connection, however its holder or its node ends."""
        import psycopg

        try:
            url = settings().feast_registry.replace("+psycopg", "")
            with psycopg.connect(url, autocommit=True, options=KEEPALIVE) as connection:
                query = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
                [got] = connection.execute(query, (name,)).fetchone() or [False]
                if not got:
                    raise CapstanError(message)
                yield
        except psycopg.OperationalError as error:
            raise Unavailable(f"PostgreSQL does not answer ({error}). See `capstan cluster status`.") from error

    @contextmanager
    def no_run(self, capstone: str) -> Iterator[None]:
        """Ask Kubeflow Pipelines. A run that starts in the block is not held up."""
        from cluster import retirement

        retirement.require_no_run(capstone)
        yield

    def stop(self, capstone: str) -> list[str]:
        """Have Kubeflow Pipelines stop the runs."""
        from cluster import retirement

        return retirement.stop_runs(capstone)

    def serving(self, capstone: str) -> list[str]:
        """Check for the InferenceService."""
        from cluster import retirement

        return retirement.serving(capstone)

    def retire(self, capstone: str) -> list[str]:
        """Delete the InferenceService, the recurring runs and the rows in Redis and PostgreSQL."""
        from cluster import retirement

        return retirement.retire(capstone)

    def clean_runs(self, capstones: list[str], policy: "Policy") -> list["Removed"]:
        """Delete runs of Kubeflow Pipelines, with their Workflows, pods, cache, logs and artifacts."""
        from cluster import retention

        return retention.clean_runs(capstones, policy)
