"""A release: a file for devices, signed, in a folder that any web server can serve.

    release.json        what there is: the name, the version, the size and the SHA-256 of the file
    release.json.sig    an Ed25519 signature of its bytes
    VERSION.onnx        the file
    release.pub         the public key

A device must not get the public key from this folder: a person who changes the folder can change its key, too. The
private key is made at the first release, and stays in the state folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from capstan.data.files import atomic_write
from capstan.errors import CapstanError

NAME = "digits"
MANIFEST, SIGNATURE, PUBLIC = "release.json", "release.json.sig", "release.pub"
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def private_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in a file, which is made where there is none. Only its owner can read it."""
    if not path.exists():
        key = Ed25519PrivateKey.generate().private_bytes_raw()
        with atomic_write(path) as partial:
            os.close(os.open(partial, os.O_CREAT | os.O_WRONLY, 0o600))
            partial.write_bytes(key)
    try:
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except ValueError as error:
        raise CapstanError(f"{path} is not a key for signing. Bring it back: devices trust no other.") from error


def publish(folder: Path, content: bytes, version: int, key: Ed25519PrivateKey) -> None:
    """Write a release into a folder. The signature comes last: a device that reads before it keeps what it has."""
    digest = hashlib.sha256(content).hexdigest()
    release = {"name": NAME, "version": version, "size": len(content), "sha256": digest}
    manifest = (json.dumps(release, indent=2) + "\n").encode()
    files = {
        f"{version}.onnx": content,
        PUBLIC: key.public_key().public_bytes(*RAW),
        MANIFEST: manifest,
        SIGNATURE: key.sign(manifest),
    }
    for name, written in files.items():
        with atomic_write(folder / name) as partial:
            partial.write_bytes(written)
