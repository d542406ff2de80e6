"""In a training job: take two workers, give both back, and wait until one of them is gone."""

import time
from pathlib import Path

import ray
from ray.util.placement_group import placement_group, remove_placement_group

SECONDS = 300


def workers() -> int:
    """Return how many nodes Ray has besides the head."""
    return sum(node["Alive"] for node in ray.nodes()) - 1


assert not Path("/var/run/secrets/kubernetes.io").exists(), "the training has a token of the Kubernetes API"
ray.init()
assert workers() == 1
group = placement_group([{"CPU": 1}] * 2)  # as a training on two workers asks
ray.get(group.ready(), timeout=SECONDS)
remove_placement_group(group)
end = time.monotonic() + SECONDS
while workers() == 2:
    assert time.monotonic() < end, "the idle worker stays"
    time.sleep(1)
time.sleep(30)  # its pod goes after it has left Ray, and the end of the job would take all pods away
