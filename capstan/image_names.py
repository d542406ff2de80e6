"""Container images: one for each capstone, in layers, and the core's, for services that belong to no capstone.

    base        Python, the system's packages and the core's libraries
    families    the capstone's families of libraries, a layer each
    core        all our packages but the capstones' folders
    capstone    the Python files of the capstone: a few hundred kB

A tag holds the digest of what the image's steps and server can import: libraries, core, and from the capstone on the
closure of imports that the cache of local steps uses, too. So a cluster runs exactly the code that a pipeline was
compiled from, KFP's cache, whose key includes the image, sees each edit, and an edit of one capstone changes the image
of that capstone alone. Documents, tests and results are in no image.
"""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from capstan import catalogue, families
from capstan.data.files import digest
from capstan.errors import CapstanError
from capstan.settings import ROOT, settings
from capstan.versions.code import PACKAGES, imported

REPOSITORY = "capstan"
TAG = re.compile(r"\d+\.\d+\.\d+-[0-9a-f]{16}(-[a-z0-9-]+)?")
SHARED = ("models", "data_sets", "kernels")  # of these, a capstone's digest has what it imports
IGNORED = {"__pycache__", "studies", "tests"}
# What a compiled component says until `graphs.road.place` gives its step the image of a capstone.
BASE = REPOSITORY
CORE = "core-image"  # the core's key next to the names of capstones, which have no hyphens


def image(capstone: str = "") -> str:
    """Return the image of a capstone, such as `capstan:0.2.0-1f2e3d4c-flight-delay`; by default that of the core.

    CAPSTAN_IMAGE names another repository. With a tag, it is every capstone's image, and is used as it is. Otherwise
    it is the one that the cluster has, where this process is connected to one, or that of this checkout's code.
    """
    base = settings().image or REPOSITORY
    if is_tagged(base):
        return base
    return settings().images.get(capstone or CORE) or f"{base}:{tag(capstone)}"


def tag(capstone: str = "") -> str:
    """Return the tag of the image that this checkout's code makes."""
    if not capstone:
        return f"{version('capstan')}-{core_digest()}"
    return f"{version('capstan')}-{_digest(capstone)}-{capstone.replace('_', '-')}"


def is_tagged(image: str) -> bool:
    """Return whether an image's name ends with a tag. A colon before the last slash is that of a registry's port."""
    return ":" in image.rpartition("/")[2]


def other_code(capstone: str) -> str:
    """Return a sentence if the cluster's image of a capstone was made of other code than this checkout's, or ""."""
    there = settings().images.get(capstone, "").partition("@")[0].rpartition(":")[2]
    if is_tagged(settings().image) or not TAG.fullmatch(there) or there == tag(capstone):  # another's tag says nothing
        return ""
    return f"The image is {there}, and this checkout {tag(capstone)}: its edits run there after `make cluster`."


def require(capstone: str) -> None:
    """Raise CapstanError when the cluster that this process is connected to has no image of a capstone."""
    if settings().images and capstone not in settings().images and not is_tagged(settings().image):
        raise CapstanError(
            f"The cluster has no image of {capstone}. Build it and hand it over with `capstan cluster up {capstone}`."
        )


def core_files() -> dict[str, Path]:
    """Return the files of the core's layer, by their path in the checkout: our packages without the capstones."""
    paths = [path for name in PACKAGES for path in _files(ROOT / name)]
    capstones = {path.parent for path in catalogue.PIPELINES.glob("*/task.py")}
    return {str(path.relative_to(ROOT)): path for path in paths if not capstones.intersection(path.parents)}


def capstone_files(capstone: str) -> dict[str, Path]:
    """Return the files of a capstone's layer, by their path in the image: its own and what they import of others."""
    folder, core = catalogue.folder(capstone), core_files()
    own = [path for path in _files(folder) if path.suffix == ".py"]
    others = [path for path in imported(own) if path not in own and str(path.relative_to(ROOT)) not in core]
    return {f"pipelines/{capstone}/{path.relative_to(folder)}": path for path in own} | {
        str(path.relative_to(ROOT)): path for path in others
    }


def layers(names: Iterable[str]) -> list[str]:
    """Return the digests of the layers with libraries: of the base, then of each family on what is below it."""
    lock = families.lock(names, ROOT / "requirements")
    digests = [
        digest(
            ROOT / "images" / "base.Dockerfile",
            ROOT / "requirements" / "uv.txt",
            lock,
            *core_libraries(),
            version("capstan"),
        )
    ]
    own, excluded = ROOT / "images" / "family.Dockerfile", families.excluded()
    for name in names:
        digests.append(digest(digests[-1], own, *families.all_families()[name], *excluded))
    return digests


@cache
def core_digest(names: tuple[str, ...] = ()) -> str:
    """Return the digest of the core, all of `models/` and `kernels/` included, on some families."""
    return digest(*layers(names), ROOT / "images" / "core.Dockerfile", *_parts(core_files()))


@cache
def _digest(capstone: str) -> str:
    """Return the digest of what a capstone's image can import."""
    own = capstone_files(capstone)
    shared = [path for path in imported(own.values()) if path.is_relative_to(ROOT) and _is_shared(path)]
    core = {name: path for name, path in core_files().items() if not _is_shared(path) or path in shared}
    dockerfiles = (ROOT / "images" / f"{name}.Dockerfile" for name in ("core", "capstone"))
    return digest(*layers(families.of(capstone)), *dockerfiles, *_parts(core), *_parts(own))


def _is_shared(path: Path) -> bool:
    return path.relative_to(ROOT).parts[0] in SHARED


def _parts(files: dict[str, Path]) -> list[Path | str]:
    """Return what the digest of files takes in: their paths and what they hold."""
    return [part for name in sorted(files) for part in (name, files[name])]


def core_libraries() -> list[str]:
    """Return what the core requires."""
    lines: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return lines


def _files(folder: Path) -> list[Path]:
    """Return the files of a folder that may be in an image."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md")
    return sorted(path for path in paths if not IGNORED.intersection(path.relative_to(folder).parts))
