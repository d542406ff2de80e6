"""What runs on a device: it takes a signed release, tries it, switches to it in one step, and can go back.

    VERSION.onnx    the files that it may need: of the version that answers, and of the one before
    state.json      which these are, and the newest version that it ever had

All that counts is in `state.json`, which is replaced in one step after everything else is on the disk. Power that is
lost before leaves the old version, and after it the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from capstan.errors import CapstanError
from capstan.services.proxies import is_loopback
from capstan.versions.signatures import is_signed
from models.vision import onnx_networks
from pipelines.digits.pixels import from_file
from pipelines.digits.release import MANIFEST, NAME, SIGNATURE

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SECONDS = 30.0  # without a byte
LARGEST = 50_000_000  # bytes of a release; a device's disk is small


@dataclass(frozen=True)
class State:
    """The version that answers, the one before, the newest that was ever here, and the digests of the files."""

    current: int = 0
    previous: int = 0
    newest: int = 0
    sha256: dict[str, str] | None = None


class Device:
    """A device, by its folder and the key that it was made with."""

    def __init__(self, folder: Path, public_key: bytes):
        self.folder, self.key = folder, Ed25519PublicKey.from_public_bytes(public_key)
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def state(self) -> State:
        """What the device runs."""
        path = self.folder / "state.json"
        return State(**json.loads(path.read_text())) if path.exists() else State()

    def update(self, url: str) -> int | None:
        """Switch to the release at an address; return its version, or None where the device has it already.

        Raises CapstanError for a release that is not signed with the device's key, is older, incomplete or broken. The
        device then answers as before.
        """
        state, release = self.state, self.release(url)
        version = release["version"]
        if version == state.current:
            return None
        if version <= state.newest:  # which also keeps away a version that was rolled back
            raise CapstanError(
                f"The release is version {version}, and this device has had {state.newest}. Release a newer one."
            )
        content = self._download(f"{url}/{version}.onnx", release)
        tried(content)
        kept = {str(number): digest for number, digest in (state.sha256 or {}).items() if number == str(state.current)}
        self._write(f"{version}.onnx", content)
        self._switch(State(version, state.current, version, kept | {str(version): release["sha256"]}))
        return int(version)

    def rollback(self) -> int:
        """Go back to the version before; return it. Raises CapstanError where there is none."""
        state = self.state
        if not state.previous:
            raise CapstanError("There is no version to go back to.")
        self._switch(State(state.previous, 0, state.newest, state.sha256))
        return state.previous

    def read(self, image: bytes) -> tuple[int, int]:
        """Return the digit in an image file, and the version that read it. Raises ValueError for a bad image."""
        version, opened = self.open()
        return int(onnx_networks.logits(opened, from_file(image)[None]).argmax()), version

    def open(self) -> tuple[int, InferenceSession]:
        """Return the version that answers. Where its file is damaged, that is the one before."""
        state = self.state
        for version in filter(None, (state.current, state.previous)):
            path = self.folder / f"{version}.onnx"
            if path.exists() and _digest(content := path.read_bytes()) == (state.sha256 or {}).get(str(version)):
                return version, onnx_networks.session(content)
        raise CapstanError(f"{self.folder} has no version that works. Update the device.")

    def release(self, url: str) -> dict[str, Any]:
        """Return what a release says of itself, once its signature is by this device's key."""
        manifest, signature = (_get(f"{url}/{name}", 10_000) for name in (MANIFEST, SIGNATURE))
        if not is_signed(manifest, signature, self.key):
            raise CapstanError(f"The signature of {url}/{MANIFEST} is not by this device's key. Nothing changed.")
        release: dict[str, Any] = json.loads(manifest)
        if release["name"] != NAME:
            raise CapstanError(f"{url} has a release of {release['name']}, not of {NAME}.")
        return release

    def _download(self, url: str, release: dict[str, Any]) -> bytes:
        content = _get(url, min(release["size"], LARGEST))
        if len(content) != release["size"] or _digest(content) != release["sha256"]:
            raise CapstanError(f"{url} is not what the release says: it has {len(content):,} bytes. Try again.")
        return content

    def _switch(self, state: State) -> None:
        self._write("state.json", json.dumps(asdict(state)).encode())
        for path in self.folder.glob("*.onnx*"):
            if path.name not in (f"{state.current}.onnx", f"{state.previous}.onnx"):
                path.unlink()

    def _write(self, name: str, content: bytes) -> None:
        """Write a file in one step, and return when it is on the disk."""
        path = self.folder / name
        partial = path.with_name(f"{name}.partial")
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise CapstanError(f"{path} could not be written ({error}). The device answers as before.") from error


def tried(content: bytes) -> None:
    """Raise CapstanError for a file that does not answer an image with ten numbers."""
    try:
        logits = onnx_networks.logits(onnx_networks.session(content), np.zeros((1, 1, 28, 28), dtype=np.float32))
    except Exception as error:  # ONNX Runtime raises its own kinds
        raise CapstanError(f"The release cannot be run here: {error}") from error
    if logits.shape != (1, 10) or not np.isfinite(logits).all():
        raise CapstanError(f"The release answers with an array of shape {logits.shape}, not with ten numbers.")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _get(url: str, most: int) -> bytes:
    """Return what is at an address, up to a byte more than `most`."""
    content = bytearray()
    try:
        with httpx.stream("GET", url, timeout=SECONDS, trust_env=not is_loopback(url)) as reply:
            reply.raise_for_status()
            for chunk in reply.iter_bytes():
                content += chunk
                if len(content) > most:
                    raise CapstanError(f"{url} is larger than the {most:,} bytes that it may have.")
    except httpx.HTTPError as error:
        raise CapstanError(f"{url} cannot be downloaded ({error or type(error).__name__}). Try again.") from error
    return bytes(content)
