"""Settings of a profile: environment variables prefixed `CAPSTAN_`, with the local profile as default."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from capstan.errors import CapstanError

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "CAPSTAN_"
# In a pod, a ConfigMap and a Secret are mounted here: one file per variable, of the variable's name.
MOUNTED_SETTINGS, MOUNTED_SECRETS = Path("/etc/capstan/settings"), Path("/etc/capstan/secrets")  # of a step


class Settings(BaseSettings):
    """What differs between a laptop and a cluster. Paths are absolute. Reading the settings creates nothing."""

    # An empty variable is as good as none: it would otherwise make the current folder the state folder.
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", env_ignore_empty=True)

    profile: Literal["local", "cluster"] = Field("local", description="where stores and services are")
    home: Path = Field(ROOT / ".capstan", description="the state folder: stores, models, logs, caches")
    data_dir: Path | None = Field(None, description="a folder to read raw data from, before its original source")
    capstones: Annotated[list[Path], NoDecode] = Field(
        [], description="more folders of capstones besides `pipelines/`, separated as in PATH"
    )
    image: str = Field("", description="the repository of the image, such as localhost:5001/capstan; or with a tag")
    images: Annotated[dict[str, str], NoDecode] = Field(
        {}, description="cluster: the image of each capstone that it has, as JSON"
    )
    host: str = Field("127.0.0.1", description="the address that local services listen on")
    mlflow_port: int = Field(5000, description="the port of the local MLflow server")
    endpoint_port: int = Field(8080, description="the port of the endpoint, REST")
    grpc_port: int = Field(8081, description="the port of the endpoint, gRPC")
    evidently_port: int = Field(8000, description="the port of the Evidently UI")
    tracking_uri: str = Field("", description="an MLflow server elsewhere; by default the local one")
    endpoint_url: str = Field("", description="an endpoint elsewhere; by default the local one")
    evidently_url: str = Field("", description="an Evidently UI elsewhere; by default the local one")
    token: str | None = Field(None, description="the bearer token that is sent to the endpoint, MLflow and Evidently")
    webhooks: Annotated[list[str], NoDecode] = Field(
        [], repr=False, description="where alerts go: addresses of apprise, one per line or between spaces"
    )
    labels_token: str | None = Field(None, description="the bearer token that is sent with labels")
    llm_url: str = Field("", description="a language model elsewhere: OpenAI's API, such as http://localhost:8000/v1")
    llm_model: str = Field("", description="its name there")
    llm_token: str | None = Field(None, repr=False, description="the bearer token that it wants")
    signing_key: str = Field("", repr=False, description="a private key, Ed25519 in PEM, that signs new versions")
    verifying_key: str = Field("", description="its public key: versions without its signature are refused")

    s3_endpoint: str = Field("", description="cluster: the URL of the object store")
    s3_region: str = Field("us-east-1", description="cluster: the region of the object store")
    s3_access_key: str = Field("", description="cluster: the access key of the object store")
    s3_secret_key: str = Field("", description="cluster: the secret key of the object store")
    bucket: str = Field(
        "", description="cluster: the bucket for models, features, predictions and reports; by default NAMESPACE"
    )
    feast_registry: str = Field("", description="cluster: the SQLAlchemy URL of Feast's registry, in PostgreSQL")
    online_store: str = Field("", description="cluster: Feast's connection string of Redis")
    engine: Literal["local", "ray", "auto"] = Field(
        "auto", description="what joins and counts: this process, Ray, or Ray from 20 million rows on"
    )
    task_memory_mb: int = Field(
        1024, ge=16, description="the MiB of a Ray task for DuckDB; its process takes as much again"
    )
    scheduling: str = Field("", description="cluster: where pods go, as a YAML file or its text")
    namespace: str = Field(
        "capstan",
        pattern="^[a-z]([-a-z0-9]*[a-z0-9])?$",
        description="cluster: the namespace of services and endpoints",
    )

    predictions_dir: Path | None = Field(None, description="prediction log: its folder; by default HOME/predictions")
    log_segment_seconds: float = Field(300, description="prediction log: the age at which a file becomes parquet")
    log_close_seconds: float = Field(
        0, ge=0, description="prediction log: how long to try to move it when it is closed"
    )
    log_fsync: bool = Field(False, description="prediction log: survive a crash of the machine, not just the server")

    keep_runs_days: int = Field(30, ge=1, description="clean: days that finished runs and their files are kept")
    keep_versions: int = Field(10, ge=1, description="clean: the newest versions of each capstone that are kept")
    keep_predictions_days: int = Field(90, ge=1, description="clean: days that predictions and labels are kept")

    serve: Annotated[list[str], NoDecode] = Field([], description="endpoint: the capstones it serves; by default all")
    serving_memory: int | None = Field(
        None, gt=0, description="endpoint: bytes that loaded models take at most; others load on first use"
    )
    rollout_seconds: float = Field(
        5, ge=0, description="endpoint: seconds between looks at roll-outs; 0: only when notified"
    )
    max_body_bytes: int = Field(2**26, gt=0, description="endpoint: the most of LIMITS: bytes of a request's body")
    request_seconds: float = Field(300, description="endpoint: the most of LIMITS: seconds of a prediction")
    max_concurrent: int = Field(128, description="endpoint: predictions at the same time; more get a 503")
    batch_rows: int = Field(64, ge=1, description="endpoint: the most rows in a batch of requests; 1 is no batches")
    tokens_file: Path | None = Field(
        None, description="endpoint: hashes of the clients' tokens; by default none needed"
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        [],
        description="endpoint: more names that it is reached by, separated by commas; others are refused; "
        "their pages may read answers",
    )
    token_rate: float = Field(0, description="endpoint: requests per second for each token; 0 is no limit")

    log_values: bool = Field(False, description="endpoint: its log shows messages that may hold values of requests")

    @field_validator("capstones", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [Path(part).resolve() for part in value.split(os.pathsep) if part]
        return value

    @field_validator("data_dir", "capstones")
    @classmethod
    def _are_folders(cls, value: Path | list[Path] | None) -> Path | list[Path] | None:
        for path in value if isinstance(value, list) else [value]:
            if path and not path.is_dir():
                raise ValueError(f"there is no folder {path}; correct it, or unset it")
        return value

    @field_validator("images", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError as error:
            raise ValueError(f"it is no JSON ({error})") from None

    @field_validator("webhooks", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        return value.split() if isinstance(value, str) else value

    @field_validator("serve", "allowed_hosts", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, value: list[str]) -> list[str]:
        for name in value:
            if not re.fullmatch(r"[A-Za-z\d_.-]+|[\dA-Fa-f:]+:[\dA-Fa-f:.]*", name):
                raise ValueError("a host is a name or an address, such as models.example.org, without scheme and port")
        return value

    @field_validator("token", "labels_token", "llm_token")
    @classmethod
    def _fits_a_header(cls, value: str | None) -> str | None:
        if value and not (value.isascii() and value.isprintable() and " " not in value):
            raise ValueError("a token has only ASCII letters, digits and signs; check for a newline or a space")
        return value

    @field_validator(
        "token",
        "labels_token",
        "llm_token",
        "s3_access_key",
        "s3_secret_key",
        "feast_registry",
        "online_store",
        mode="before",
    )
    @classmethod
    def _without_newline(cls, value: object) -> object:
        return value.rstrip("\n") if isinstance(value, str) else value  # files often end with one

    @property
    def url_host(self) -> str:
        """The host as URLs write it: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def model_post_init(self, _context: object) -> None:
        self.home = self.home.resolve()
        self.data_dir = self.data_dir and self.data_dir.resolve()
        self.tokens_file = self.tokens_file and self.tokens_file.absolute()  # Kubernetes moves a link to new files
        self.predictions_dir = (self.predictions_dir or self.home / "predictions").resolve()
        self.tracking_uri = self.tracking_uri or f"http://{self.url_host}:{self.mlflow_port}"
        self.bucket = self.bucket or self.namespace
        self.evidently_url = self.evidently_url or f"http://{self.url_host}:{self.evidently_port}"
        if self.profile == "local":  # on a cluster each capstone has its own endpoint
            self.endpoint_url = self.endpoint_url or f"http://{self.url_host}:{self.endpoint_port}"

    def __hash__(self) -> int:
        """Distinguish one reading of the environment from another: what is made of the settings is cached by them."""
        return id(self)


@cache
def settings() -> Settings:
    """Return the settings of this process, read once from its environment. Raises CapstanError, which names them."""
    mounted = {f"Secret `{folder.name}`": folder for folder in sorted(MOUNTED_SECRETS.glob("*")) if folder.is_dir()}
    if MOUNTED_SETTINGS.is_dir():
        mounted["ConfigMap `capstan`"] = MOUNTED_SETTINGS
    for what, folder in mounted.items():
        # Mounted as optional: a pod that waits for one would wait for ever. Kubernetes' own entries start with "..".
        if all(entry.name.startswith("..") for entry in folder.iterdir()):
            raise CapstanError(
                f"This pod has no settings: the {what} is missing in its namespace. Make it with `capstan cluster up`."
            )
    try:
        return Settings(_secrets_dir=[*mounted.values()])
    except ValidationError as error:
        # Not what was given: it may be a token.
        wrong = [f"{PREFIX}{_place(problem['loc'])}: {problem['msg']}." for problem in error.errors()]
        raise CapstanError(f"{' '.join(wrong)} docs/settings.md describes every setting.") from None


def _place(location: tuple[int | str, ...]) -> str:
    """Return where a value is, such as "TOLERATIONS[0][effect]"."""
    name, *inside = location
    return str(name).upper() + "".join(f"[{part}]" for part in inside if part != "[key]")
