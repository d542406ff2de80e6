"""Names of what Capstan has on a cluster."""

NAMESPACE = "capstan"
KFP_NAMESPACE = "kubeflow"
# The ConfigMap and the Secret of the settings. Their names differ, for KFP names a volume after what it holds.
SETTINGS, SECRETS = "capstan", "capstan-secrets"
STEP_LABEL = "capstan/capstone"  # of the pods of steps
IMAGES = "capstan-images"  # the ConfigMap with the image of each capstone, and of the core
# The platform's services that are used from outside, too.
PIPELINES_API = f"http://ml-pipeline.{KFP_NAMESPACE}:8888"
METADATA = f"metadata-grpc-service.{KFP_NAMESPACE}:8080"


def service_name(capstone: str) -> str:
    """Return the name of a capstone's InferenceService. Kubernetes allows no underscores."""
    return capstone.replace("_", "-")
