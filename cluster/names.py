"""Names of what Capstan has on a cluster."""

import os
from pathlib import Path


def _namespace() -> str:
    """Return the namespace that the environment names, or in a step the mounted ConfigMap; by default `capstan`."""
    mounted = Path("/etc/capstan/settings/CAPSTAN_NAMESPACE")
    return os.environ.get("CAPSTAN_NAMESPACE") or (mounted.read_text().strip() if mounted.is_file() else "capstan")


NAMESPACE = _namespace()  # of the services and the endpoints
KFP_NAMESPACE = "kubeflow"
SETTINGS, SECRETS = "capstan", "capstan-secrets"  # the ConfigMap and the Secret of the settings
# Teams share Kubeflow Pipelines. What a Capstan has there is called by its own namespace.
STEP_SETTINGS = NAMESPACE  # the ConfigMap that steps mount
# Secrets of roles that are not the platform, and of its services. Those of steps: step_secrets.py.
ENDPOINT_SECRETS, TRAINING_SECRETS, SERVICES = "endpoint-secrets", "training-secrets", "services"
STEP_LABEL = f"{NAMESPACE}/capstone"  # of the pods of steps
STEPS_ACCOUNT = f"{NAMESPACE}-steps"  # that steps run as
IMAGES = "capstan-images"  # the ConfigMap with the image of each capstone, and of the core
# The platform's services that are used from outside, too.
PIPELINES_API = f"http://ml-pipeline.{KFP_NAMESPACE}:8888"
ENDPOINT_ROLE = "endpoint"  # of PostgreSQL: what endpoints may do there
S3_IAM = f"seaweedfs.{KFP_NAMESPACE}:8111"
METADATA = f"metadata-grpc-service.{KFP_NAMESPACE}:8080"


def shared_name(pipeline: str) -> str:
    """Return the name that a pipeline has in Kubeflow Pipelines, whose cache knows pipelines by their names."""
    return pipeline if NAMESPACE == "capstan" else f"{NAMESPACE}-{pipeline}"


def service_name(capstone: str) -> str:
    """Return the name of a capstone's InferenceService. Kubernetes allows no underscores."""
    return capstone.replace("_", "-")
