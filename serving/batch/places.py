"""Where a batch reads and writes: paths of this machine, and s3:// addresses."""

from typing import TYPE_CHECKING

from capstan.profile import profile
from capstan.settings import settings
from feature_repo.offline_store.writes import locate

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


def opened(location: str) -> "tuple[FileSystem, str]":
    """Return the file system of a path or an s3:// address, and the path in it."""
    profile()  # of a cluster: it has the keys of the object store
    return locate(location, settings().s3_endpoint)
