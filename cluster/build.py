"""Building the images, layer by layer, and handing them over to the cluster."""

import json
import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

from capstan import families
from capstan import image_names as images
from capstan.data.files import digest
from capstan.errors import CapstanError
from capstan.settings import ROOT, settings
from capstan.versions.source import git_commit
from cluster.kubectl import program
from cluster.options import options

UV = "requirements/uv.txt"
# The sections of pyproject.toml that say what gets installed as `capstan`.
SECTIONS: tuple[str, ...] = ("build-system", "project", "project.scripts", 'project.entry-points."capstan.profiles"')
SECTIONS += ("tool.setuptools.packages.find",)
# A build sees an index as pip on this machine does.
PASSED_ON = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")


def log() -> Path:
    """Return the log of what `capstan cluster` runs."""
    return settings().home / "logs" / "cluster.log"


def services_image() -> str:
    """Return the image of the token gate and Prometheus. Its tag holds the digest of its folder."""
    repository, _, name = images.image().rpartition("/")
    tag = digest(*sorted((ROOT / "images" / "services").iterdir()))
    return f"{repository}{'/' if repository else ''}{name.partition(':')[0]}-services:{tag}"


def build(capstone: str = "", fresh: bool = False) -> str:
    """Build the image of a capstone, or of the core, and the layers below it, unless they are there. Return its name.

    fresh: build each of them again, without Docker's cache. An image of the settings that has a tag is used as it is.
    Raises CapstanError when docker fails.
    """
    if images.is_tagged(settings().image):
        return settings().image
    image = f"{settings().image or images.REPOSITORY}:{images.tag(capstone)}"
    if _is_there(image) and not fresh:
        return image
    if not capstone:
        return _build_core(image, (), fresh)
    names = families.of(capstone)
    core = _build_core(f"{images.REPOSITORY}-core:{images.core_digest(names)}", names, fresh)
    with TemporaryDirectory(prefix="capstan-image-") as folder:
        _copy(images.capstone_files(capstone), Path(folder))
        arguments = [f"PARENT={core}", f"IMAGE={image}", f"COMMIT={git_commit()}"]
        _build(image, "capstone.Dockerfile", Path(folder), arguments, fresh)
    return image


def _build_core(image: str, names: Sequence[str], fresh: bool) -> str:
    """Build the core on some families, unless it is there. Return its name."""
    if fresh or not _is_there(image):
        parent, lock = "", families.lock(names, ROOT / "requirements")
        for number, layer in enumerate(images.layers(names)):
            parent = _build_libraries(layer, names[number - 1] if number else "", lock, parent, fresh)
        with TemporaryDirectory(prefix="capstan-image-") as folder:
            _copy(images.core_files(), Path(folder))
            _build(image, "core.Dockerfile", Path(folder), [f"PARENT={parent}", f"COMMIT={git_commit()}"], fresh)
    return image


def _build_libraries(layer: str, family: str, lock: Path, parent: str, fresh: bool) -> str:
    """Build the base, or a family on its parent, unless it is there. Return its name."""
    image = f"{images.REPOSITORY}-{family or 'base'}:{layer}"
    if fresh or not _is_there(image):
        lines = families.all_families()[family] if family else images.core_libraries()
        with TemporaryDirectory(prefix="capstan-image-") as name:
            folder = Path(name)
            _copy({"uv.txt": ROOT / UV, "families.lock": lock}, folder)
            (folder / "libraries.txt").write_text("\n".join(lines) + "\n")
            _copy_wheels(lines, folder)
            passed_on = [f"{name}={os.environ[name]}" for name in PASSED_ON if os.environ.get(name)]
            if family:
                (folder / "excludes.txt").write_text("\n".join(families.excluded()) + "\n")
                _build(image, "family.Dockerfile", folder, [f"PARENT={parent}", *passed_on], fresh)
            else:
                (folder / "pyproject.toml").write_text(_project())
                _build(image, "base.Dockerfile", folder, passed_on, fresh)
    return image


def build_services() -> str:
    """Build the image of the token gate and Prometheus, unless it is there. Return its name. Raises CapstanError."""
    image = services_image()
    if not _is_there(image):
        _build(image, "services/Dockerfile", ROOT / "images" / "services")
    return image


def hand_over(image: str) -> None:
    """Bring an image from Docker to the cluster, by `--image-command`. Raises CapstanError when that fails."""
    command = shlex.split(options().image_command) or ["kind", "load", "docker-image", "--name", "capstan"]
    program(*command, image, log=log())


def pinned(image: str) -> str:
    """Return an image's name; with `--image-digest`, and the digest that the registry gave it when it was pushed.

    Raises CapstanError when it was not pushed.
    """
    if not options().image_digest or "@" in image:
        return image
    digests: list[str] = json.loads(program("docker", "image", "inspect", "--format={{json .RepoDigests}}", image))
    repository = image.rpartition(":")[0]
    for known in digests or ():
        if known.startswith(f"{repository}@"):
            return f"{image}@{known.partition('@')[2]}"
    raise CapstanError(
        f"{image} has no digest of a registry, and `--image-digest` asks for it. Name a registry in CAPSTAN_IMAGE, "
        'and give `--image-command "docker push"`.'
    )


def _build(image: str, file: str, folder: Path, arguments: Sequence[str] = (), fresh: bool = False) -> None:
    # On the host's network: a proxy or a mirror that is there is there for the build, too.
    options = [*(f"--build-arg={argument}" for argument in arguments), *(["--no-cache"] if fresh else [])]
    path = ROOT / "images" / file
    program("docker", "build", "--network=host", *options, f"--file={path}", f"--tag={image}", str(folder), log=log())


def _is_there(image: str) -> bool:
    return bool(program("docker", "images", "--quiet", image).strip())


def _copy(files: Mapping[str, Path], folder: Path) -> None:
    """Copy files to where docker sees them. Raises CapstanError when the disk is full."""
    for name, path in files.items():
        try:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
        except OSError as error:
            raise CapstanError(f"{path} could not be copied to {folder} ({error}). Free space.") from error


def _copy_wheels(lines: Sequence[str], folder: Path) -> None:
    """Copy what this machine has for some requirements, such as a CPU build of torch."""
    places = [Path(name) for name in os.environ.get("PIP_FIND_LINKS", "").split() if Path(name).is_dir()]
    names = {re.sub(r"[-.]", "_", Requirement(line).name) for line in lines}
    wheels = [wheel for place in places for name in names for wheel in place.glob(f"{name}-*.whl")]
    _copy({wheel.name: wheel for wheel in wheels}, folder)


def _project() -> str:
    """Return what of pyproject.toml decides about the installed package: a linter's settings do not."""
    sections = re.split(r"^(?=\[)", (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE)
    return "".join(section for section in sections if section[1:].partition("]")[0] in SECTIONS)
