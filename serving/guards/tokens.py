"""Tokens of clients: `python -m serving.guards.tokens add NAME` makes one, shows it once and keeps its hash.

The file has one line for each token, `NAME SHA256`. A token is 256 random bits, so its plain hash tells nothing.
"""

import argparse
import hmac
import logging
import re
import secrets
import sys
import time
from hashlib import sha256
from pathlib import Path

from capstan.errors import CapstanError
from capstan.settings import settings

log = logging.getLogger("serving")
GRACE_SECONDS = 2
LINE = re.compile(r"([\w.-]+) ([0-9a-f]{64})")


class TokenFile:
    """The tokens of a file, read again when it changes. A file that is gone has none.

    Raises CapstanError when it cannot be read at first.
    """

    def __init__(self, path: Path):
        self.path = path
        self._missing_since: float | None = None
        self._seen, self._hashes = self._state(), read(path)

    def client(self, token: str) -> str:
        """Return the name of a token's client, or "" for an unknown token."""
        self._refresh()
        digest, found = _hash(token), ""
        for name, known in self._hashes.items():  # all of them, so that the time it takes tells nothing
            if hmac.compare_digest(known, digest):
                found = name
        return found

    def _refresh(self) -> None:
        state = self._state()
        if state is None:
            # Some editors remove a file before they write it again: a moment's absence changes nothing.
            self._missing_since = self._missing_since or time.monotonic()
            if self._hashes and time.monotonic() - self._missing_since > GRACE_SECONDS:
                log.warning("%s is gone: its tokens are revoked.", self.path)
                self._seen, self._hashes = None, {}
            return
        self._missing_since = None
        if state != self._seen:
            self._seen = state
            try:
                self._hashes = read(self.path)
            except CapstanError as error:
                log.warning("The tokens stay as they were: %s", error)

    def _state(self) -> tuple[int, int, int] | None:
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def read(path: Path) -> dict[str, str]:
    """Return the hashes of a file by name. Raises CapstanError."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CapstanError(
            f"The tokens cannot be read: {error}. `python -m serving.guards.tokens add NAME` adds one."
        ) from error
    hashes = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            match = LINE.fullmatch(line.strip())
            if not match or match[1] in hashes:
                raise CapstanError(f"{path}, line {number}: expected `NAME SHA256`, each name once.")
            hashes[match[1]] = match[2]
    return hashes


def add(path: Path, name: str) -> str:
    """Append the hash of a new token to a file and return the token. Raises CapstanError when the name is taken."""
    if not re.fullmatch(r"[\w.-]+", name):
        raise CapstanError(f"{name!r} is no name: use letters, digits, `.`, `_` and `-`.")
    if path.exists() and name in read(path):
        raise CapstanError(f"{path} has a token of {name!r}. Remove its line to replace it.")
    token = secrets.token_urlsafe(32)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text() if path.exists() else ""
    line = f"{name} {_hash(token)}\n" if text.endswith("\n") or not text else f"\n{name} {_hash(token)}\n"
    path.touch(0o600)
    with path.open("a") as file:
        file.write(line)
    return token


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def main() -> None:
    """Add a token; exit with 1 when that cannot be."""
    parser = argparse.ArgumentParser("python -m serving.guards.tokens", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["add"])
    parser.add_argument("name", help="the client that gets the token")
    parser.add_argument("--file", type=Path, default=settings().tokens_file, help="by default CAPSTAN_TOKENS_FILE")
    options = parser.parse_args()
    if options.file is None:
        parser.error("say which --file, or set CAPSTAN_TOKENS_FILE")
    try:
        print(add(options.file, options.name))
    except (CapstanError, OSError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
