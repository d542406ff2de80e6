"""What shows that the files of a version are those that were registered.

A version's folder has a file SHA256SUMS, which `sha256sum --check` reads, with every other file. The version in the
registry has the digest of that file as a tag, and its signature where a key is set. Loading a version compares
all of it before anything is unpickled or imported: a model is a program.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from pathlib import Path

from capstan.data.files import sha256, sums
from capstan.errors import CapstanError
from capstan.versions import signatures

SUMS = "SHA256SUMS"
DIGEST, SIGNATURE = "sha256", "signature"  # tags in the registry
AGAIN = "Register it again with `capstan run`."


class DamagedVersion(CapstanError):
    """The files of a version are not those that were saved or registered."""


class UnsignedVersion(CapstanError):
    """The registry has no valid signature of a version, and the settings ask for one."""


def write(folder: Path) -> None:
    """Write the digests of all files of a version."""
    (folder / SUMS).write_text("".join(f"{total}  {name}\n" for name, total in sorted(_sums(folder).items())))


def tags(name: str, folder: Path) -> dict[str, str]:
    """Return what the registry keeps of a version's files: their digest and, where there is a key, its signature."""
    total = sha256(folder / SUMS)
    key = signatures.signing_key()
    return {DIGEST: total} | ({SIGNATURE: b64encode(key.sign(_signed(name, total))).decode()} if key else {})


def is_signed(name: str, registered: Mapping[str, str]) -> bool:
    """Return whether the tags of a version of a capstone are signed as the settings ask. Without a key, all are."""
    try:
        _check_signature(name, registered.get(DIGEST, ""), registered.get(SIGNATURE, ""))
    except UnsignedVersion:
        return False
    return True


def check(folder: Path, name: str = "", registered: Mapping[str, str] | None = None) -> None:
    """Raise DamagedVersion unless the files of a version are those that were saved.

    registered: the version's tags in the registry, where it comes from there. name: its capstone. Versions from before
    the digests have none in their tags; they pass unless versions must be signed.
    """
    saved_sums = folder / SUMS
    if not folder.is_dir():
        raise CapstanError("It does not hold a model of Capstan. Register it with `capstan run`.")
    if registered is not None:
        total = registered.get(DIGEST, "")
        _check_signature(name, total, registered.get(SIGNATURE, ""))
        if total and not saved_sums.exists():
            raise DamagedVersion(f"it has no file {SUMS}. {AGAIN}")
        if total and sha256(saved_sums) != total:
            raise DamagedVersion(f"{SUMS} is not the file that was registered. {AGAIN}")
    if not saved_sums.exists():
        return
    lines = (line.partition("  ") for line in saved_sums.read_text().splitlines())
    saved = {file: total for total, _, file in lines}
    there = _sums(folder)
    changed = sorted(file for file in saved.keys() | there.keys() if saved.get(file) != there.get(file))
    if changed:
        raise DamagedVersion(f"{', '.join(changed[:5])} {'are' if len(changed) > 1 else 'is'} not as saved. {AGAIN}")


def _check_signature(name: str, total: str, signature: str) -> None:
    key = signatures.verifying_key()
    if key is None:
        return
    try:
        content = b64decode(signature, validate=True)
    except Base64Error:
        content = b""
    if not total or not signatures.is_signed(_signed(name, total), content, key):
        what = "its signature is by another key" if signature else "it is not signed"
        raise UnsignedVersion(f"{what}, and CAPSTAN_VERIFYING_KEY or CAPSTAN_SIGNING_KEY asks for one. {AGAIN}")


def _signed(name: str, total: str) -> bytes:
    """Return what is signed: a version's files cannot pass for those of another capstone."""
    return f"capstan version of {name}: {total}\n".encode()


def _sums(folder: Path) -> dict[str, str]:
    """Return the digests of a version's files. Bytecode counts as well: nothing writes it there."""
    return {name: total for name, total in sums(folder).items() if name != SUMS}
