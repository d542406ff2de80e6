"""Where features, reports and predictions are published: the state folder, or a bucket of an object store.

A key is a relative path with slashes, such as `reports/flight_delay/version-1.html`. A reader never sees half a file.
"""

import shutil
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from capstan.data.files import atomic_write
from capstan.errors import CapstanError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

CHUNK = 2**20


class Storage(Protocol):
    """Files by key. `endpoint` is the URL of an object store other than AWS's, or ""."""

    endpoint: str

    def url(self, key: str) -> str:
        """Return the path or the URL of a key."""

    def read(self, key: str) -> bytes | None:
        """Return the content of a file, or None when there is none."""

    def write(self, key: str, content: bytes) -> None:
        """Replace a file. Raises CapstanError when that fails; the file is then as it was."""

    def upload(self, path: Path, key: str) -> None:
        """Replace a file by the content of a path, in parts: it need not fit into memory. Raises CapstanError."""

    def download(self, key: str, path: Path) -> bool:
        """Write the content of a file to a path, in parts. Return whether there is such a file."""

    def remove(self, key: str) -> None:
        """Remove a file, if it is there."""

    def keys(self, folder: str) -> list[str]:
        """Return the keys of all files below a folder, sorted."""

    def arrow(self) -> "FileSystem":
        """Return the files by key for pyarrow, which reads parts of a file. It raises OSError."""


class Folder:
    """Files below a folder of this machine."""

    endpoint = ""

    def __init__(self, root: Path):
        self.root = root

    def url(self, key: str) -> str:
        """Return a path."""
        return str(self.root / key)

    def read(self, key: str) -> bytes | None:
        """Return the content of a file, or None when there is none."""
        path = self.root / key
        return path.read_bytes() if path.is_file() else None

    def write(self, key: str, content: bytes) -> None:
        """Replace a file."""
        with atomic_write(self.root / key) as partial:
            partial.write_bytes(content)

    def upload(self, path: Path, key: str) -> None:
        """Replace a file by a copy of a path."""
        with path.open("rb") as source, atomic_write(self.root / key) as partial, partial.open("wb") as target:
            shutil.copyfileobj(source, target)

    def download(self, key: str, path: Path) -> bool:
        """Write a copy of a file to a path. Return whether there is such a file."""
        if not (self.root / key).is_file():
            return False
        with atomic_write(path) as partial:
            shutil.copyfile(self.root / key, partial)
        return True

    def remove(self, key: str) -> None:
        """Remove a file, if it is there."""
        (self.root / key).unlink(missing_ok=True)

    def keys(self, folder: str) -> list[str]:
        """Return the keys of all files below a folder, sorted."""
        files = (path for path in (self.root / folder).rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in files)

    def arrow(self) -> "FileSystem":
        """Return the files by key for pyarrow."""
        from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

        return SubTreeFileSystem(str(self.root), LocalFileSystem())


class Bucket:
    """Objects of a bucket, through S3's API."""

    def __init__(self, bucket: str, endpoint: str, region: str, access_key: str, secret_key: str):
        self.bucket, self.endpoint = bucket, endpoint
        self._options = {
            "endpoint_url": endpoint or None,
            "region_name": region,
            "aws_access_key_id": access_key or None,  # None: boto3 looks where AWS's tools look
            "aws_secret_access_key": secret_key or None,
        }

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        timeouts = Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 3})
        return boto3.client("s3", config=timeouts, **self._options)

    def url(self, key: str) -> str:
        """Return a URL of the scheme s3."""
        return f"s3://{self.bucket}/{key}"

    def read(self, key: str) -> bytes | None:
        """Return the content of an object, or None when there is none."""
        body = self._body(key)
        return None if body is None else bytes(body.read())

    def write(self, key: str, content: bytes) -> None:
        """Replace an object."""
        self._checked("put_object", Key=key, Body=content)

    def upload(self, path: Path, key: str) -> None:
        """Replace an object by the content of a path. Boto sends a large one in parts, side by side."""
        from boto3.exceptions import S3UploadFailedError
        from botocore.exceptions import ClientError

        try:
            self._call("upload_file", Key=key, Filename=str(path))
        except (ClientError, S3UploadFailedError) as error:
            raise self._explain(error) from error

    def download(self, key: str, path: Path) -> bool:
        """Write the content of an object to a path. Return whether there is such an object."""
        body = self._body(key)
        if body is None:
            return False
        with atomic_write(path) as partial, partial.open("wb") as file:
            for chunk in body.iter_chunks(CHUNK):
                file.write(chunk)
        return True

    def remove(self, key: str) -> None:
        """Remove an object, if it is there."""
        self._checked("delete_object", Key=key)

    def keys(self, folder: str) -> list[str]:
        """Return the keys of all objects below a folder, sorted; "" is the whole bucket."""
        keys: list[str] = []
        more: dict[str, str] = {}
        while True:
            reply = self._checked("list_objects_v2", Prefix=f"{folder.rstrip('/')}/" if folder else "", **more)
            keys += [item["Key"] for item in reply.get("Contents", [])]
            if not reply.get("IsTruncated"):
                return sorted(keys)
            more = {"ContinuationToken": reply["NextContinuationToken"]}

    def arrow(self) -> "FileSystem":
        """Return the objects by key for pyarrow."""
        from pyarrow.fs import S3FileSystem, SubTreeFileSystem

        files = S3FileSystem(
            access_key=self._options["aws_access_key_id"],
            secret_key=self._options["aws_secret_access_key"],
            region=self._options["region_name"],
            endpoint_override=self.endpoint or None,
            connect_timeout=5,
            request_timeout=30,
        )
        return SubTreeFileSystem(self.bucket, files)

    def _body(self, key: str) -> Any:
        """Return the open content of an object, or None when there is none."""
        from botocore.exceptions import ClientError

        try:
            return self._call("get_object", Key=key)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise self._explain(error) from error

    def _checked(self, operation: str, **arguments: Any) -> Any:
        from botocore.exceptions import ClientError

        try:
            return self._call(operation, **arguments)
        except ClientError as error:
            raise self._explain(error) from error

    def _call(self, operation: str, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError

        try:
            return getattr(self._client, operation)(Bucket=self.bucket, **arguments)
        except BotoCoreError as error:
            raise CapstanError(
                f"The object store does not answer at {self.endpoint} ({error}). See `capstan cluster status`."
            ) from error

    def _explain(self, error: Exception) -> CapstanError:
        return CapstanError(
            f"The object store at {self.endpoint} refused the bucket {self.bucket!r}: {error}. "
            "Check CAPSTAN_S3_ACCESS_KEY, CAPSTAN_S3_SECRET_KEY and CAPSTAN_BUCKET."
        )
