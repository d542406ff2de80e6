"""Data whose home is a download: from the data folder, the cache, the cluster's bucket, or its address."""

import hashlib
from pathlib import Path

import httpx

from capstan.data.files import atomic_write
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.settings import settings

FOLDER = "data"  # of the state folder, and of the bucket
CHUNK = 2**20
SECONDS = 30.0  # without a byte


def cached(name: str) -> Path:
    """Return where the cache has a file, there or not. name: a relative path with slashes."""
    return settings().home / FOLDER / name


def find(name: str, data_dir: Path | None) -> Path | None:
    """Return the path of a file: of `data_dir`, else of the cache. On a cluster the cache fills from the bucket."""
    for folder in (data_dir, settings().home / FOLDER):
        if folder and (folder / name).is_file():
            return folder / name
    if settings().profile == "local":  # its bucket is the folder of the cache
        return None
    return cached(name) if profile().storage().download(f"{FOLDER}/{name}", cached(name)) else None


def required(name: str, data_dir: Path | None, advice: str) -> Path:
    """Return the path of a file that nothing downloads. Raises CapstanError with the advice how to get it."""
    if path := find(name, data_dir):
        return path
    raise CapstanError(f"{name} is not here. {advice}")


def fetch(url: str, name: str, sha256: str = "", data_name: str = "") -> Path:
    """Download a file into the cache, and return its path. A download that is cut off leaves nothing there.

    sha256: of the content, in hex; "" where its home states none. data_name: its name in the data folder, where that is
    another. Raises CapstanError, which says what to do without a connection.
    """
    own = data_name or name
    advice = f"Download {url} elsewhere, put it into a folder as {own}, and set CAPSTAN_DATA_DIR to that folder."
    digest = hashlib.sha256()
    try:
        with (
            atomic_write(cached(name)) as partial,
            httpx.stream("GET", url, follow_redirects=True, timeout=SECONDS) as reply,
            partial.open("wb") as file,
        ):
            if not reply.is_success:
                raise CapstanError(f"{url} answers with {reply.status_code} {reply.reason_phrase}. {advice}")
            for chunk in reply.iter_bytes(CHUNK):
                digest.update(chunk)
                file.write(chunk)
            if sha256 and digest.hexdigest() != sha256:
                raise CapstanError(
                    f"{url} is not the file that is known: its SHA-256 is {digest.hexdigest()}. {advice}"
                )
    except httpx.HTTPError as error:
        raise CapstanError(f"{url} cannot be downloaded ({error or type(error).__name__}). {advice}") from error
    return cached(name)
