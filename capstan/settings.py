"""Settings of a profile: environment variables prefixed `CAPSTAN_`, with the local profile as default."""

import os
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """What differs between a laptop and a cluster. Paths are absolute; nothing is created here."""

    model_config = SettingsConfigDict(env_prefix="CAPSTAN_", extra="ignore")

    home: Path = Field(ROOT / ".capstan", description="state of the local profile: stores, logs, artifacts, caches")
    data_dir: Path | None = Field(None, description="folder looked into before a dataset's canonical source")
    capstones: Annotated[list[Path], NoDecode] = Field(
        [], description="more folders of capstones, beside `pipelines/`; separated as in PATH"
    )
    image: str = Field("", description="the image of components, Ray workers and servers; by default capstan:VERSION")
    host: str = Field("127.0.0.1", description="address that local services listen on")
    mlflow_port: int = 5000
    endpoint_port: int = 8080
    grpc_port: int = 8081
    evidently_port: int = 8000
    tracking_uri: str = Field("", description="an MLflow server; by default the local one")
    endpoint_url: str = Field("", description="a capstone's endpoint; by default the local one")
    token: str | None = Field(None, description="bearer token that the command sends to the endpoint")

    log_segment_bytes: int = Field(2**24, description="prediction log: size at which a file becomes parquet")
    log_segment_seconds: float = Field(300, description="prediction log: age at which a file becomes parquet")
    log_fsync: bool = Field(False, description="prediction log: outlive a crash of the machine, not just the server")

    max_body_bytes: int = Field(2**20, gt=0, description="endpoint: the largest body of a request")
    request_seconds: float = Field(10, description="endpoint: the longest that a prediction may take")
    max_concurrent: int = Field(128, description="endpoint: predictions at a time; more are turned away")
    batch_rows: int = Field(64, ge=1, description="endpoint: most rows that requests are predicted together; 1: never")
    batch_delay: float = Field(0.002, ge=0, description="endpoint: longest that a request waits for others to join it")
    tokens_file: Path | None = Field(
        None, description="endpoint: hashes of clients' tokens; by default none are needed"
    )
    token_rate: float = Field(0, description="endpoint: requests a second and token; 0 is no limit")
    token_burst: int = Field(20, description="endpoint: requests of a token at once, on top of the rate")

    drain_delay: float = Field(0.5, description="endpoint: seconds from SIGTERM, when it is not ready, until it closes")
    drain_seconds: int = Field(10, description="endpoint: seconds that requests have to finish after that")

    @field_validator("capstones", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [Path(part).resolve() for part in value.split(os.pathsep) if part]
        return value

    def model_post_init(self, _context: object) -> None:
        self.home = self.home.resolve()
        self.tracking_uri = self.tracking_uri or f"http://{self.host}:{self.mlflow_port}"
        self.endpoint_url = self.endpoint_url or f"http://{self.host}:{self.endpoint_port}"

    @property
    def feature_tables(self) -> Path:
        """Folder of the parquet files that Feast reads, one folder a domain."""
        return self.home / "features"


@cache
def settings() -> Settings:
    """Return the settings of this process, read once from its environment."""
    return Settings()
