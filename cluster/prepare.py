"""Makes what the services need before they start: two databases with their users, and the bucket.

It runs in MLflow's pod, before the server, each time. A second run finds all of it made, and sets the passwords again.
"""

import os

from capstan.services.waiting import retried
from capstan.settings import settings

DATABASES = {"mlflow": "MLFLOW_DB_PASSWORD", "feast": "FEAST_DB_PASSWORD"}
SECONDS = 90  # the longest wait for PostgreSQL and the object store, which may start next to it


def databases(host: str, password: str) -> None:
    """Make each database and its user, which owns it."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(host=host, user="postgres", password=password, autocommit=True, connect_timeout=5) as server:
        for name, variable in DATABASES.items():
            user, secret = sql.Identifier(name), sql.Literal(os.environ[variable])
            if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(user))
            server.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(user, secret))
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                server.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(user, user))
            server.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(user))


def bucket() -> None:
    """Make the bucket."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    own = settings()
    s3 = boto3.client(
        "s3",
        endpoint_url=own.s3_endpoint,
        region_name=own.s3_region,
        aws_access_key_id=own.s3_access_key,
        aws_secret_access_key=own.s3_secret_key,
        config=Config(connect_timeout=5, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )
    try:
        s3.head_bucket(Bucket=own.bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
        s3.create_bucket(Bucket=own.bucket)


def main() -> None:
    """Make all of it. Without POSTGRES_PASSWORD the databases are somebody else's, and are there."""
    import psycopg
    from botocore.exceptions import BotoCoreError

    def passes(error: Exception) -> bool:
        print(f"Not yet: {' '.join(str(error).split())}", flush=True)
        return True

    if password := os.environ.get("POSTGRES_PASSWORD"):
        retried(lambda: databases("postgres", password), psycopg.OperationalError, SECONDS, passes=passes)
    retried(bucket, BotoCoreError, SECONDS, passes=passes)


if __name__ == "__main__":
    main()
