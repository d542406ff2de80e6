"""The memory of a kind node, from its control groups: all of it, and each pod's. What can be dropped does not count."""

import json
import re
import subprocess
from collections.abc import Callable

from tests.e2e import kube

UID = re.compile(r"pod([0-9a-f]{8}[0-9a-f_-]{24,28})(?:\.slice)?$")
# Usage and inactive page cache of the node and of each pod; control groups of version 1 or 2.
SCRIPT = """
cd /sys/fs/cgroup; file=memory.current key=inactive_file
[ -d memory ] && cd memory && file=memory.usage_in_bytes key=total_inactive_file
for folder in . $(find . -type d \\( -name '*-pod*' -o -name 'pod*' \\)); do
  echo "$folder $(cat $folder/$file) $(grep "^$key " $folder/memory.stat)"
done 2>/dev/null
"""
NODE = "the node"


def sample(node: str) -> dict[str, float]:
    """Return bytes by the uid of a pod, and of the node as a whole."""
    command = ["docker", "exec", node, "sh", "-c", SCRIPT]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    sizes = {}
    for line in output.splitlines():
        words = line.split()
        if len(words) != 4:  # a pod that ended meanwhile
            continue
        match = UID.search(words[0])
        name = NODE if words[0] == "." else match[1].replace("_", "-") if match else ""
        if name:
            sizes[name] = float(words[1]) - float(words[3])
    return sizes


def groups(uids: dict[str, str], sampled: dict[str, float]) -> dict[str, float]:
    """Return bytes by what pods are for. What no pod has is the node's own: kubelet, containerd, kernel."""
    sizes: dict[str, float] = {NODE: sampled[NODE]}
    rest = sampled[NODE]
    for uid, size in sampled.items():
        if uid != NODE:
            name = uids.get(uid, "pods that are gone")
            sizes[name] = sizes.get(name, 0.0) + size
            rest -= size
    return sizes | {"kubelet, containerd, kernel": rest}


def uids(group: Callable[[dict], str]) -> dict[str, str]:
    """Return what each pod is for, by its uid, or by the digest that a static pod's control group is named after."""
    purposes = {}
    for pod in json.loads(kube.kubectl("get", "pods", "--all-namespaces", "--output=json"))["items"]:
        metadata = pod["metadata"]
        name = metadata.get("annotations", {}).get("kubernetes.io/config.hash", metadata["uid"])
        purposes[name] = group(pod)
    return purposes
