"""`capstan cluster down`: deletes what `capstan cluster up` made, and nothing else."""

from capstan.cluster import platform
from capstan.cluster.kubectl import PART_OF, context, find, kubectl, program
from capstan.cluster.names import KFP_NAMESPACE, NAMESPACE
from capstan.errors import CapstanError

KINDS = "networkpolicies,configmaps,secrets"


def down() -> list[str]:
    """Delete our namespace, our objects beside it, and the cluster if we made it. Return what was deleted.

    Raises CapstanError when the context is not ours, or a namespace of that name is somebody else's.
    """
    current = context()
    if made_here(current):
        program("kind", "delete", "cluster", "--name", platform.CLUSTER)
        return [f"the kind cluster {platform.CLUSTER}"]
    deleted = []
    if namespace := find("namespace", NAMESPACE):
        if namespace["metadata"].get("labels", {}).get(PART_OF) != "capstan":
            raise CapstanError(
                f"The namespace {NAMESPACE} of {current} was not made by `capstan cluster up`: it stays."
            )
        # First the endpoints and jobs, while the operators can still clean up after them.
        for kind in ("inferenceservices.serving.kserve.io", "rayjobs.ray.io"):
            if find("crd", kind):
                kubectl("--namespace", NAMESPACE, "delete", kind, "--all", "--timeout=60s")
        kubectl("delete", "namespace", NAMESPACE, "--timeout=180s")
        deleted.append(f"the namespace {NAMESPACE}")
    if find("namespace", KFP_NAMESPACE):
        selector = f"--selector={PART_OF}=capstan"
        said = kubectl("--namespace", KFP_NAMESPACE, "delete", KINDS, selector, "--ignore-not-found", "--output=name")
        deleted += [f"{line} of {KFP_NAMESPACE}" for line in said.split() if "/" in line]
    return deleted


def made_here(current: str) -> bool:
    """Return whether `capstan cluster up` made the cluster itself, with kind."""
    system = find("namespace", "kube-system") or {}
    annotated = system.get("metadata", {}).get("annotations", {}).get(platform.CREATED) == "capstan"
    return annotated and current == f"kind-{platform.CLUSTER}"
