"""`capstan cluster down`: deletes what `capstan cluster up` and its users made, and nothing else.

Another team's Capstan stays, and with it a cluster that `capstan cluster up` made.
"""

from capstan.errors import CapstanError
from cluster import artifact_keys, platform, secrets
from cluster.kubectl import INSTANCE, PART_OF, context, find, kubectl, program
from cluster.leftovers import Leftovers
from cluster.names import KFP_NAMESPACE, NAMESPACE, SETTINGS

NO_SECRETS = "networkpolicies,configmaps,rolebindings,roles,serviceaccounts"
ENDPOINTS = "serving.kserve.io/inferenceservice"  # the label of their pods
# All in our namespace but what holds data, the claims of volumes and the Secrets with the passwords of the stores.
NO_DATA = (
    "cronjobs,jobs,deployments,statefulsets,services,networkpolicies,poddisruptionbudgets,podtemplates,configmaps,"
    "rolebindings,roles,serviceaccounts,resourcequotas,limitranges"
)


def down(keep_data: bool = False) -> tuple[list[str], list[str]]:
    """Delete Capstan, its runs and its data, and the cluster if we made it. Return what was deleted, and what stays.

    keep_data: keep volumes, Secrets, the bucket and the records of runs; `capstan cluster up` goes on with them. Raises
    CapstanError when the context is not ours, or a namespace of that name is somebody else's.
    """
    current = context()
    if made_here(current) and not of_others():
        if keep_data:
            raise CapstanError(f"{current} was made by `capstan cluster up`: its data end with it.")
        program("kind", "delete", "cluster", "--name", platform.CLUSTER)
        return [f"the kind cluster {platform.CLUSTER}"], []
    deleted, stays = _namespace(current, keep_data)
    if find("namespace", KFP_NAMESPACE):
        artifact_keys.withdraw(keep=keep_data)
        selector = f"--selector={PART_OF}=capstan,{INSTANCE}={NAMESPACE}"
        kinds = NO_SECRETS if keep_data else f"{NO_SECRETS},secrets"  # which may hold the key that signs versions
        listing = kubectl(
            "--namespace", KFP_NAMESPACE, "delete", kinds, selector, "--ignore-not-found", "--output=name"
        )
        deleted += [f"{line} of {KFP_NAMESPACE}" for line in listing.split() if "/" in line]
    return deleted, stays


def _namespace(current: str, keep_data: bool) -> tuple[list[str], list[str]]:
    namespace = find("namespace", NAMESPACE)
    if not namespace:
        return [], []
    if namespace["metadata"].get("labels", {}).get(PART_OF) != "capstan":
        raise CapstanError(f"The namespace {NAMESPACE} of {current} was not made by `capstan cluster up`: it stays.")
    # First endpoints and jobs, while the operators can still clean up after them. An endpoint that ends moves its last
    # predictions to the bucket.
    for kind in ("inferenceservices.serving.kserve.io", "rayjobs.ray.io"):
        if find("crd", kind):
            kubectl("--namespace", NAMESPACE, "delete", kind, "--all", "--timeout=60s")
    kubectl("--namespace", NAMESPACE, "wait", "pods", f"--selector={ENDPOINTS}", "--for=delete", "--timeout=120s")
    left = Leftovers()
    if find("configmap", SETTINGS, NAMESPACE):  # or else an earlier `down` has come this far
        left.discard(keep_data)
    if keep_data:
        kubectl("--namespace", NAMESPACE, "delete", NO_DATA, "--all", "--timeout=180s")
        stays = [f"the namespace {NAMESPACE}, with volumes and Secrets", *left.stays]
        return [*left.removed, f"the services of {NAMESPACE}"], stays
    secrets.discard()
    kubectl("delete", "namespace", NAMESPACE, "--timeout=180s")
    return [*left.removed, f"the namespace {NAMESPACE}"], left.stays


def of_others() -> list[str]:
    """Return the namespaces of other teams' Capstan."""
    listing = kubectl("get", "namespaces", f"--selector={PART_OF}=capstan", "--output=name")
    return [line.removeprefix("namespace/") for line in listing.split() if line != f"namespace/{NAMESPACE}"]


def made_here(current: str) -> bool:
    """Return whether `capstan cluster up` made the cluster itself, with kind."""
    system = find("namespace", "kube-system") or {}
    annotated = system.get("metadata", {}).get("annotations", {}).get(platform.CREATED) == "capstan"
    return annotated and current == f"kind-{platform.CLUSTER}"
