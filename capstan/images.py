"""The container image: its tag holds the digest of the code, and there is one variant per extra of pyproject.toml.

A cluster thus runs exactly the code that a pipeline was compiled from, and KFP's cache, whose key includes the image,
sees each edit.
"""

import re
from functools import cache
from importlib.metadata import version
from pathlib import Path

from capstan.files import digest
from capstan.settings import ROOT, settings

REPOSITORY = "capstan"
TAG = re.compile(r"\d+\.\d+\.\d+-[0-9a-f]{16}")
CONTENT = ["capstan", "components", "feature_repo", "kernels", "models", "monitoring", "pipelines", "serving"]
CONTENT += ["images", "pyproject.toml", "requirements/all.lock"]
IGNORED = {"__pycache__", "tests"}  # as in .dockerignore


@cache
def image(extra: str = "") -> str:
    """Return the image that holds an extra's libraries, such as `capstan:0.2.0-1f2e3d4c-torch`; "" is the base image.

    CAPSTAN_IMAGE names another repository. With a tag, it names the base image itself.
    """
    base = settings().image or REPOSITORY
    if not is_tagged(base):
        base = f"{base}:{version('capstan')}-{code_digest()}"
    return f"{base}-{extra}" if extra else base


def is_tagged(image: str) -> bool:
    """Return whether an image's name ends with a tag. A colon before the last slash is that of a registry's port."""
    return ":" in image.rpartition("/")[2]


def other_code() -> str:
    """Return a sentence if the image of the settings was made of other code than this checkout's, or ""."""
    tag = (settings().image or "").rpartition(":")[2]
    mine = f"{version('capstan')}-{code_digest()}"
    if tag == mine or not TAG.fullmatch(tag):  # somebody else's tag tells nothing
        return ""
    return f"The image is {tag}, and this checkout {mine}: its edits run there after `make cluster`."


@cache
def code_digest() -> str:
    """Return the digest of everything that is copied into the image."""
    return digest(*(path for name in CONTENT for path in _files(ROOT / name)))


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = (found for found in path.rglob("*") if found.is_file() and not IGNORED.intersection(found.parts))
    return sorted(file for file in files if file.suffix != ".md")


BASE = image()
