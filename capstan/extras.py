"""Extras: the optional libraries of pyproject.toml that some capstones need."""

import re
from importlib.metadata import PackageNotFoundError, requires, version

from capstan.errors import CapstanError

REQUIREMENT = re.compile(r"^(?P<package>[\w.-]+)(?P<bounds>[^;]*);.*extra\s*==\s*['\"](?P<extra>[\w-]+)['\"]")


def packages(extra: str) -> list[str]:
    """Return the packages of an extra. Raises CapstanError when Capstan has no such extra."""
    found = [match for line in requires("capstan") or [] if (match := REQUIREMENT.match(line))]
    mine = [match["package"] for match in found if match["extra"] == extra]
    if not mine:
        known = ", ".join(sorted({match["extra"] for match in found}))
        raise CapstanError(f"pyproject.toml has no extra {extra!r}. It has: {known}.")
    return mine


def require(extra: str, capstone: str) -> None:
    """Raise CapstanError, with the command that installs it, when a package of a capstone's extra is missing."""
    missing = [package for package in packages(extra) if not _installed(package)] if extra else []
    if missing:
        raise CapstanError(
            f"{capstone} needs the extra {extra!r}, and {', '.join(missing)} is not installed. Run "
            f"`make install EXTRAS={extra}`."
        )


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
