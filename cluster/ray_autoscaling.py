"""A Ray cluster whose workers come when the training asks for them, and go when they are idle: Ray's autoscaler.

KubeRay adds it to the head as a container. It alone gets a token of the Kubernetes API, not the training next to it.
"""

from typing import Any

IDLE_SECONDS = 60  # before a worker goes
# For the head to end. Ray takes a few; the autoscaler takes all that it is given, since it does not end when asked to.
END_SECONDS = 10
# A pod of a training job has no token by itself. This is what Kubernetes would mount, and where.
TOKEN = {
    "name": "autoscaler-token",
    "projected": {
        "sources": [
            {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
        ]
    },
}
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"


def scaled(cluster: dict[str, Any], least: int) -> dict[str, Any]:
    """Return the specification of a RayCluster that begins with `least` of its workers and may grow to all of them."""
    head = cluster["headGroupSpec"]
    pod = head["template"]["spec"]
    ray = pod["containers"][0]
    [group] = cluster["workerGroupSpecs"]
    options = {
        "idleTimeoutSeconds": IDLE_SECONDS,
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "500m", "memory": "1Gi"}},
        # What it shares with the container of Ray: its image, which KubeRay gives it, and how that may run.
        "imagePullPolicy": ray.get("imagePullPolicy", "IfNotPresent"),
        "securityContext": ray.get("securityContext", {}),
        "env": [item for item in ray.get("env", []) if item["name"] == "RAY_AUTH_MODE"],
        "volumeMounts": [
            *(mount for mount in ray.get("volumeMounts", []) if mount["mountPath"] == "/tmp"),
            {"name": TOKEN["name"], "mountPath": TOKEN_PATH, "readOnly": True},
        ],
    }
    more = {"volumes": [*pod.get("volumes", []), TOKEN], "terminationGracePeriodSeconds": END_SECONDS}
    template = head["template"] | {"spec": pod | more}
    return {
        "enableInTreeAutoscaling": True,
        "autoscalerOptions": options,
        "headGroupSpec": head | {"template": template},
        "workerGroupSpecs": [group | {"replicas": least, "minReplicas": least}],
    }
