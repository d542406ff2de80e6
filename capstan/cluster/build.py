"""Building the images and handing them over to the cluster."""

import os
import re
import shlex
import shutil
import tomllib
from pathlib import Path

from capstan import images
from capstan.cluster.kubectl import program
from capstan.errors import CapstanError
from capstan.files import digest
from capstan.settings import ROOT, settings

WHEELS = ROOT / "build" / "wheels"
# A build sees an index as pip on this machine does.
PASSED_ON = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")


def log() -> Path:
    """Return the log of what `capstan cluster` runs."""
    return settings().home / "logs" / "cluster.log"


def services_image() -> str:
    """Return the image of the token gate and Prometheus. Its tag holds the digest of its folder."""
    repository, name = images.image().rsplit("/", 1) if "/" in images.image() else ("", images.image())
    tag = digest(*sorted((ROOT / "images" / "services").iterdir()))
    return f"{repository}{'/' if repository else ''}{name.partition(':')[0]}-services:{tag}"


def build(extra: str = "") -> str:
    """Build the image of the code, unless it is there. Return its name. Raises CapstanError when docker fails."""
    image = images.image(extra)
    if _is_there(image):
        return image
    arguments = [f"--build-arg={name}={os.environ[name]}" for name in PASSED_ON if os.environ.get(name)]
    arguments += [f"--build-arg=EXTRA={extra}"] if extra else []
    try:
        _copy_wheels(extra)
        _build(image, ROOT / "images" / "Dockerfile", ROOT, *arguments)
    finally:
        shutil.rmtree(WHEELS, ignore_errors=True)
    return image


def extras() -> set[str]:
    """Return the extras of which Docker has an image, of this code or of an earlier one."""
    tags = program("docker", "images", "--format", "{{.Tag}}", images.image().rpartition(":")[0]).split()
    return {parts[2] for tag in tags if len(parts := tag.split("-", 2)) == 3} & set(_requirements())


def build_services() -> str:
    """Build the image of the token gate and Prometheus, unless it is there. Return its name. Raises CapstanError."""
    image = services_image()
    if not _is_there(image):
        _build(image, ROOT / "images" / "services" / "Dockerfile", ROOT / "images" / "services")
    return image


def hand_over(image: str) -> None:
    """Bring an image from Docker to the cluster, by CAPSTAN_IMAGE_COMMAND. Raises CapstanError when that fails."""
    command = shlex.split(settings().image_command) or ["kind", "load", "docker-image", "--name", "capstan"]
    program(*command, image, log=log())


def _build(image: str, file: Path, folder: Path, *arguments: str) -> None:
    # On the host's network: a proxy or a mirror that is there is there for the build, too.
    program("docker", "build", "--network=host", *arguments, f"--file={file}", f"--tag={image}", str(folder), log=log())


def _is_there(image: str) -> bool:
    return bool(program("docker", "images", "--quiet", image).strip())


def _copy_wheels(extra: str) -> None:
    """Copy what this machine has for an extra, such as a CPU build of torch, to where docker sees it."""
    found = [Path(folder) for folder in os.environ.get("PIP_FIND_LINKS", "").split() if Path(folder).is_dir()]
    names = {re.split(r"[^\w.-]", requirement)[0].replace("-", "_") for requirement in _requirements().get(extra, [])}
    for wheel in [wheel for folder in found for name in names for wheel in folder.glob(f"{name}-*.whl")]:
        try:
            (WHEELS / extra).mkdir(parents=True, exist_ok=True)
            shutil.copy(wheel, WHEELS / extra)
        except OSError as error:
            raise CapstanError(f"{wheel} could not be copied to {WHEELS} ({error}). Free space.") from error


def _requirements() -> dict[str, list[str]]:
    """Return what each extra of pyproject.toml requires."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found: dict[str, list[str]] = project["optional-dependencies"]
    return found
