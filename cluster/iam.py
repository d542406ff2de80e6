"""Keys of the object store for one role each, by the IAM API that AWS, SeaweedFS and versitygw speak.

API: https://docs.aws.amazon.com/IAM/latest/APIReference
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from capstan.errors import CapstanError
from capstan.settings import settings
from cluster.access import local_addresses
from cluster.names import S3_IAM
from cluster.options import options

POLICY = "capstan"  # the name of each user's one policy


@dataclass(frozen=True)
class Keys:
    """An access key and its secret."""

    access: str
    secret: str


class Iam:
    """The users of an object store. `client` is boto3's for IAM. Methods raise CapstanError when it refuses."""

    def __init__(self, client: Any):
        self._client = client

    def is_there(self) -> bool:
        """Return whether the store has this API and takes the keys."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.list_users(MaxItems=1)
        except (BotoCoreError, ClientError):
            return False
        return True

    def allow(self, user: str, statements: list[dict[str, Any]]) -> None:
        """Make a user, unless it is there, and give it these rights and no others."""
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        with _explained(user):
            with suppress(self._client.exceptions.EntityAlreadyExistsException):
                self._client.create_user(UserName=user)
            self._client.put_user_policy(UserName=user, PolicyName=POLICY, PolicyDocument=document)

    def new_keys(self, user: str) -> Keys:
        """Make another key of a user. Those that it has stay valid: a user may have two."""
        with _explained(user):
            key = self._client.create_access_key(UserName=user)["AccessKey"]
        return Keys(key["AccessKeyId"], key["SecretAccessKey"])

    def keep_only(self, user: str, access: str) -> None:
        """Delete every key of a user but one."""
        with _explained(user):
            for key in self._keys(user):
                if key != access:
                    self._client.delete_access_key(UserName=user, AccessKeyId=key)

    def has(self, user: str, access: str) -> bool:
        """Return whether a key is one of a user."""
        with _explained(user):
            try:
                return access in self._keys(user)
            except self._client.exceptions.NoSuchEntityException:
                return False

    def _keys(self, user: str) -> list[str]:
        return [key["AccessKeyId"] for key in self._client.list_access_keys(UserName=user)["AccessKeyMetadata"]]

    def delete(self, user: str) -> None:
        """Delete a user and its keys, if it is there."""
        with _explained(user), suppress(self._client.exceptions.NoSuchEntityException):
            for access in self._keys(user):
                self._client.delete_access_key(UserName=user, AccessKeyId=access)
            self._client.delete_user_policy(UserName=user, PolicyName=POLICY)
            self._client.delete_user(UserName=user)


@contextmanager
def connect(root: Keys | None) -> Iterator[Iam | None]:
    """Yield the IAM API of the cluster's object store, used with its root keys; None when there is no such API."""
    if root is None:
        yield None
        return
    import boto3
    from botocore.config import Config

    with local_addresses(iam=options().s3_iam_endpoint or f"http://{S3_IAM}") as addresses:
        once = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1})
        keys = {"aws_access_key_id": root.access, "aws_secret_access_key": root.secret}
        iam = Iam(
            boto3.client("iam", endpoint_url=addresses["iam"], region_name=settings().s3_region, config=once, **keys)
        )
        yield iam if iam.is_there() else None


@contextmanager
def _explained(user: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise CapstanError(f"The object store's IAM refused a change of the user {user}: {error}") from error
