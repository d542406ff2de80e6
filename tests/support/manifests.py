"""The objects of manifests/, and what kustomize would make of them."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from capstan.settings import ROOT

MANIFESTS = ROOT / "manifests"
KUSTOMIZATION = "kustomization.yaml"
OVERLAYS = sorted(path.parent for path in (MANIFESTS / "overlays").glob(f"*/{KUSTOMIZATION}"))


def documents(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file; those of a List one by one."""
    objects = [document for document in yaml.safe_load_all(path.read_text()) if document]
    return [item for document in objects for item in (document["items"] if document["kind"] == "List" else [document])]


def kustomization(folder: Path) -> dict[str, Any]:
    """Return what the kustomization of a folder says."""
    content: dict[str, Any] = yaml.safe_load((folder / KUSTOMIZATION).read_text())
    return content


def resources(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects that a kustomization brings, as its patches find them. Those of a URL are left out."""
    own = kustomization(folder)
    for body in _brought(folder, own):
        if not body["metadata"].get("namespace"):
            body["metadata"]["namespace"] = own.get("namespace", "")
        yield body


def _brought(folder: Path, own: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in own.get("resources", []):
        path = folder / name
        if path.is_dir():
            yield from resources(path)
        elif "://" not in name:
            yield from documents(path)
    for generator in own.get("configMapGenerator", []):
        pairs = dict(text.split("=", 1) for text in generator.get("literals", []))
        files = {name: (folder / name).read_text() for name in generator.get("files", [])}
        yield {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"]}, "data": pairs | files,
        }  # fmt: skip


@cache
def built(folder: Path) -> list[dict[str, Any]]:
    """Return what `kubectl kustomize` makes of a folder. It asks no cluster. Raises CalledProcessError."""
    command = ["kubectl", "kustomize", str(folder)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [document for document in yaml.safe_load_all(text) if document]


def can_build() -> bool:
    """Return whether kubectl is here."""
    return bool(shutil.which("kubectl"))
