"""What the sections of the cluster need: kubectl's context is a cluster that has this checkout."""

import json
import subprocess
import sys

from capstan import image_names as images
from tests.e2e import kube


def cluster() -> str:
    """Return the image that the cluster has. Ends the process with one line if it is not that of this checkout."""
    try:
        there = kube.image()
    except (kube.KubectlError, FileNotFoundError, subprocess.TimeoutExpired) as error:
        message = str(error).strip().splitlines()[-1]
        sys.exit(f"This section needs a cluster with Capstan: run `make cluster`. ({message})")
    tag = images.image().rpartition(":")[2]
    if there.rpartition(":")[2] != tag:
        sys.exit(f"The cluster has {there}, and this checkout is {tag}: run `make cluster`.")
    return there


def node() -> str:
    """Return the name of the node, which is a container of this machine's Docker with kind."""
    cluster()
    name: str = kube.get("nodes")["items"][0]["metadata"]["name"]
    done = subprocess.run(["docker", "inspect", name], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"This section needs a kind cluster in this machine's Docker, which has no container {name}.")
    return name


def address(name: str) -> tuple[int, str]:
    """Return a node's process number on this machine, and its address."""
    output = subprocess.run(["docker", "inspect", name], capture_output=True, text=True, check=True).stdout
    [container] = json.loads(output)
    [network] = container["NetworkSettings"]["Networks"].values()
    return container["State"]["Pid"], network["IPAddress"]
