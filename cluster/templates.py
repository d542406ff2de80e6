"""PodTemplates of the cluster: how pods look that Capstan makes. Overlays of the manifests change them.

Where they go on a shared cluster is in the settings: `scheduling`.
"""

from typing import Any

from capstan.contract.resources import Size
from capstan.errors import CapstanError
from cluster import api, scheduling
from cluster.names import NAMESPACE


def pod(name: str, image: str, size: Size | None = None) -> dict[str, Any]:
    """Return the metadata and the spec of a pod, with containers that run an image.

    size: of the first container, where a task states one. Raises CapstanError without the template.
    """
    pod_template = api.get(f"/api/v1/namespaces/{NAMESPACE}/podtemplates/{name}")
    if pod_template is None:
        raise CapstanError(f"The PodTemplate {name!r} is missing. Make it with `capstan cluster up`.")
    template: dict[str, Any] = pod_template["template"]
    for container in template["spec"]["containers"]:
        container["image"] = image
    if size:
        spec = template["spec"]
        spec["containers"][0]["resources"] = size.container()
        if size.gpus:
            spec["tolerations"] = [*spec.get("tolerations", []), *size.tolerations()]
    metadata = {key: template["metadata"].get(key, {}) for key in ("labels", "annotations")}
    return {"metadata": metadata, "spec": scheduling.placed(template["spec"])}
