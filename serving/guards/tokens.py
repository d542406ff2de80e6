"""Tokens of clients: `python -m serving.guards.tokens add NAME` makes one, shows it once and keeps its hash.

The file has one line for each token, `NAME SHA256`. With ` labels` at its end, it is for sending labels, with
` operator` for decisions at the console, and for nothing else. A token is 256 random bits, so its plain hash reveals
nothing.
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
from typing import NamedTuple

from capstan.errors import CapstanError
from capstan.settings import settings

log = logging.getLogger("serving")
GRACE_SECONDS = 2
LABELS, OPERATOR = "labels", "operator"  # the purposes of tokens that are not for everything else
LINE = re.compile(rf"(?P<name>[\w.-]+) (?P<hash>[0-9a-f]{{64}})(?: (?P<purpose>{LABELS}|{OPERATOR}))?")


class Token(NamedTuple):
    """What the file has of a token: its hash, and what it is for: "", LABELS or OPERATOR."""

    hash: str
    purpose: str


class TokenFile:
    """The tokens of a file, read again when it changes. A file that is gone has none.

    Raises CapstanError when it cannot be read at first.
    """

    def __init__(self, path: Path):
        self.path = path
        self._missing_since: float | None = None
        self._seen, self._tokens = self._state(), read(path)

    def client(self, token: str) -> str:
        """Return the name of a token's client, or "" for an unknown token."""
        self._refresh()
        digest, client = _hash(token), ""
        for name, known in self._tokens.items():  # all of them, so that the time it takes reveals nothing
            if hmac.compare_digest(known.hash, digest):
                client = name
        return client

    def purpose(self, name: str) -> str:
        """Return what a client's token is for: "" is everything that needs no purpose."""
        return self._tokens[name].purpose if name in self._tokens else ""

    def _refresh(self) -> None:
        state = self._state()
        if state is None:
            # Some editors remove a file before they write it again: a moment's absence changes nothing.
            self._missing_since = self._missing_since or time.monotonic()
            if self._tokens and time.monotonic() - self._missing_since > GRACE_SECONDS:
                log.warning("%s is gone: its tokens are revoked.", self.path)
                self._seen, self._tokens = None, {}
            return
        self._missing_since = None
        if state != self._seen:
            self._seen = state
            try:
                self._tokens = read(self.path)
            except CapstanError as error:
                log.warning("The tokens stay as they were: %s", error)

    def _state(self) -> tuple[int, int, int] | None:
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def read(path: Path) -> dict[str, Token]:
    """Return the tokens of a file by name. Raises CapstanError."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CapstanError(
            f"The tokens cannot be read: {error}. `python -m serving.guards.tokens add NAME` adds one."
        ) from error
    tokens: dict[str, Token] = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            match = LINE.fullmatch(line.strip())
            if not match or match["name"] in tokens:
                raise CapstanError(
                    f"{path}, line {number}: expected `NAME SHA256`, `NAME SHA256 {LABELS}` or `NAME SHA256 "
                    f"{OPERATOR}`, each name once."
                )
            tokens[match["name"]] = Token(match["hash"], match["purpose"] or "")
    return tokens


def add(path: Path, name: str, purpose: str = "") -> str:
    """Append the hash of a new token to a file and return the token. Raises CapstanError when the name is taken."""
    if not re.fullmatch(r"[\w.-]+", name):
        raise CapstanError(f"{name!r} is no name: use letters, digits, `.`, `_` and `-`.")
    if path.exists() and name in read(path):
        raise CapstanError(f"{path} has a token of {name!r}. Remove its line to replace it.")
    token = secrets.token_urlsafe(32)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text() if path.exists() else ""
    line = " ".join(part for part in (name, _hash(token), purpose) if part)
    path.touch(0o600)
    with path.open("a") as file:
        file.write(f"{line}\n" if text.endswith("\n") or not text else f"\n{line}\n")
    return token


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def main() -> None:
    """Add a token; exit with 1 when that cannot be."""
    parser = argparse.ArgumentParser("python -m serving.guards.tokens", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["add"])
    parser.add_argument("name", help="the client that gets the token")
    only = "only that; else all but these"
    parser.add_argument("--for", dest="purpose", choices=[LABELS, OPERATOR], default="", help=only)
    parser.add_argument("--file", type=Path, default=settings().tokens_file, help="by default CAPSTAN_TOKENS_FILE")
    options = parser.parse_args()
    if options.file is None:
        parser.error("say which --file, or set CAPSTAN_TOKENS_FILE")
    try:
        print(add(options.file, options.name, options.purpose))
    except (CapstanError, OSError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
