"""The image from nothing: built without Docker's cache, handed over as a whole, pulled by the node."""

import re
import subprocess
import time
import uuid

from cluster import build
from tests.benchmarks.cluster import need
from tests.benchmarks.cluster.checkout import repository
from tests.benchmarks.figures import table as figures
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE

TEXT = """
The flagship's image, each layer by `docker build --no-cache`: the base image is there, packages come from where pip
and uv are set to look. No layer was in the registry or on the node before, but those of the base image. The pull is
as the kubelet reports it."""
PULLED = re.compile(r"Successfully pulled image .* in ([\d.]+m)?([\d.]+)(ms|s)\b")


def rows() -> list[dict]:
    """Return the seconds of each part; the image is removed again."""
    need.cluster()
    image = f"{repository()}:benchmark-{uuid.uuid4().hex[:8]}"
    try:
        began = time.monotonic()
        subprocess.run(["docker", "tag", build.build(CAPSTONE, fresh=True), image], check=True)
        built = time.monotonic()
        build.hand_over(image)
        handed_over = time.monotonic()
        lines = [
            {"what": "building the image from nothing", "goal": "", "measured": f"{built - began:.0f} s"},
            {"what": "handing all of it over", "goal": "", "measured": f"{handed_over - built:.0f} s"},
        ]
        if pulled := _pull(image):
            lines.append({"what": "pulling all of it on the node", "goal": "", "measured": f"{pulled:.0f} s"})
    finally:
        subprocess.run(["docker", "image", "rm", image], capture_output=True)
        subprocess.run(["docker", "exec", need.node(), "crictl", "rmi", image], capture_output=True)
    return lines


def table(lines: list[dict]) -> str:
    """Return the figures as Markdown, with what they mean."""
    return f"{figures(lines)}\n{TEXT}"


def _pull(image: str) -> float:
    """Start a pod with an image; return the seconds of the pull, or 0 if the image was loaded into the node."""
    name = "benchmark-pull"
    body = kube.definition(name, {}, "kubeflow")
    body["spec"]["containers"][0]["image"] = image
    with kube.running(body):
        for event in kube.get("events", namespace="kubeflow")["items"]:
            match = PULLED.search(event.get("message", "")) if image in event.get("message", "") else None
            if match and event["involvedObject"]["name"] == name:
                minutes = float((match[1] or "0m")[:-1])
                return 60 * minutes + float(match[2]) / (1000 if match[3] == "ms" else 1)
    return 0.0
