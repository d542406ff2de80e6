"""Capstones of a test in an image of their own, made of the cluster's, as users add theirs."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e import kube

DOCKERFILE = """FROM {base}
COPY . /opt/capstones
ENV CAPSTAN_CAPSTONES=/opt/capstones CAPSTAN_IMAGE={image}
"""


@contextmanager
def with_capstones(cluster: str, capstones: Path, folder: Path) -> Iterator[str]:
    """Yield the image of a folder of capstones, on the cluster's image. folder: an empty one, for the Dockerfile."""
    name = f"{cluster.rpartition(':')[0]}:{next(capstones.iterdir()).name}"
    file = folder / "Dockerfile"
    file.write_text(DOCKERFILE.format(base=cluster, image=name))
    subprocess.run(["docker", "build", f"--file={file}", f"--tag={name}", capstones], check=True, capture_output=True)
    kube.hand_over(name)
    yield name
    subprocess.run(["docker", "image", "rm", name], check=True, capture_output=True)
