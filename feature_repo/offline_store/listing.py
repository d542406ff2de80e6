"""Which files a path names: a path that exists is meant as it is, any other may be a pattern."""

import re
from urllib.parse import unquote

from pyarrow.fs import FileSelector, FileSystem, FileType

WILDCARD = re.compile(r"[*?\[]")
NULL = "__HIVE_DEFAULT_PARTITION__"


def is_data(path: str) -> bool:
    """Return whether a path below a root is data: no part begins with `.`, or with `_` but for `_name=value`."""
    return not any(part[:1] == "." or (part[:1] == "_" and "=" not in part) for part in path.split("/"))


def data_files(filesystem: FileSystem, folder: str, endings: tuple[str, ...] = ("",)) -> list[str]:
    """Return the files of data below a folder, sorted. endings: in small letters; those of files may have capitals."""
    root = folder.rstrip("/") + "/"
    found = filesystem.get_file_info(FileSelector(folder, recursive=True))
    files = [file.path for file in found if file.type == FileType.File and is_data(file.path.removeprefix(root))]
    return sorted(path for path in files if path.lower().endswith(endings))


def escaped(path: str) -> str:
    """Return the pattern that matches this path alone."""
    return WILDCARD.sub(r"[\g<0>]", path)


def root_of(pattern: str) -> str:
    """Return the folder above the first part of a path that is a pattern; of a path without one, its folder."""
    found = WILDCARD.search(pattern)
    return pattern[: found.start() if found else None].rpartition("/")[0]


def partition_values(path: str) -> dict[str, str | None]:
    """Return the values of the folders `name=value` in a path below a root, as hive writes them."""
    parts = [part.split("=", 1) for part in path.split("/")[:-1] if "=" in part[1:]]
    return {unquote(name): None if value == NULL else unquote(value) for name, value in parts}
