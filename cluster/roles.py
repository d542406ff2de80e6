"""What each role may do in the stores. A model is code of its own making, so its endpoint gets the least.

| role | object store | PostgreSQL | Redis |
| --- | --- | --- | --- |
| platform: steps, MLflow, `clean` | its bucket; artifacts and logs of runs | owner of Feast's database | all |
| endpoint | reads and adds predictions | reads; adds labels | reads |
| training: pods of Ray | reads data; its jobs' files | nothing | nothing |
| launcher: what Kubeflow Pipelines adds to a step | artifacts and logs of runs | nothing | nothing |
"""

from typing import Any

from cluster.kubectl import find, kubectl
from cluster.names import ENDPOINT_ROLE, NAMESPACE
from cluster.retention import ARTIFACTS, BUCKET, LOGS

# Users of the object store, where another namespace's may be too.
PLATFORM, ENDPOINT, TRAINING, LAUNCHER = (
    f"{NAMESPACE}-{role}" for role in ("platform", "endpoint", "training", "launcher")
)
GROUP = ENDPOINT_ROLE  # of PostgreSQL, which has the rights; users are its members
REDIS_USER = "endpoint"
# Reading, without what takes long or says who else is there.
REDIS_RIGHTS = ("~*", "+@read", "-@dangerous", "+auth", "+hello", "+ping", "+select")
# Tables of the future too: steps make Feast's, and those of labels and of the retraining loop.
GROUP_SQL = f"""
DO $$ BEGIN CREATE ROLE {GROUP} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT CONNECT ON DATABASE feast TO {GROUP};
GRANT USAGE ON SCHEMA public TO {GROUP};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {GROUP};
ALTER DEFAULT PRIVILEGES FOR ROLE feast IN SCHEMA public GRANT SELECT ON TABLES TO {GROUP};
"""


def statements(bucket: str) -> dict[str, list[dict[str, Any]]]:
    """Return what each user of the object store may do, as statements of an AWS policy."""

    def allow(actions: tuple[str, ...], *resources: str) -> dict[str, Any]:
        names = [f"s3:{action}" for action in actions]
        return {"Effect": "Allow", "Action": names, "Resource": [f"arn:aws:s3:::{name}" for name in resources]}

    files = ("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload")
    runs = [allow(("ListBucket",), BUCKET), allow(files, f"{BUCKET}/{ARTIFACTS}/*", f"{BUCKET}/{LOGS}/*")]
    return {
        PLATFORM: [
            allow(("*",), bucket, f"{bucket}/*"),
            *runs,
        ],
        ENDPOINT: [
            allow(("ListBucket",), bucket),
            allow(("GetObject", "PutObject", "AbortMultipartUpload"), f"{bucket}/predictions/*"),
        ],
        TRAINING: [
            allow(("ListBucket",), bucket),
            allow(("GetObject",), f"{bucket}/data/*"),
            allow(files, f"{bucket}/jobs", f"{bucket}/jobs/*"),  # pyarrow marks the folder itself
        ],
        LAUNCHER: runs,
    }


def allow_in_database(user: str, password: str) -> None:
    """Make a user of Feast's database that has the endpoints' rights, or change its password."""
    if find("statefulset", "postgres", NAMESPACE):  # or else it is somebody's who makes its users
        _sql(user_sql(user, password))


def user_sql(user: str, password: str) -> str:
    """Return the statements that make a user with the endpoints' rights. They may be run again."""
    make = f"DO $$ BEGIN CREATE ROLE {user} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
    return f"{GROUP_SQL}\n{make}\nALTER ROLE {user} LOGIN PASSWORD '{password}';\nGRANT {GROUP} TO {user};\n"


def refuse_in_database(user: str) -> None:
    """Take from a user the right to log in, and end its connections."""
    if find("statefulset", "postgres", NAMESPACE):
        end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user}';"
        _sql(f"DO $$ BEGIN ALTER ROLE {user} NOLOGIN; EXCEPTION WHEN undefined_object THEN NULL; END $$; {end}")


def allow_in_redis(password: str, only: bool = False) -> None:
    """Let the endpoints' user in with a password; with `only`, with no other. Redis starts with the Secret's."""
    if find("statefulset", "redis", NAMESPACE):
        passwords = ("resetpass", f">{password}") if only else (f">{password}",)
        # By standard input: the arguments of a program are seen by others.
        line = " ".join(["ACL", "SETUSER", REDIS_USER, "on", *passwords, *REDIS_RIGHTS])
        kubectl("--namespace", NAMESPACE, "exec", "-i", "redis-0", "--", "redis-cli", "-e", input=f"{line}\n")


def _sql(statement: str) -> None:
    psql = ("psql", "--username=postgres", "--dbname=feast", "--quiet", "--set=ON_ERROR_STOP=1")
    kubectl("--namespace", NAMESPACE, "exec", "-i", "postgres-0", "-c", "postgres", "--", *psql, input=statement)
