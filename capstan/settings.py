"""Settings of a profile: environment variables prefixed `CAPSTAN_`, with the local profile as default."""

import os
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """What differs between a laptop and a cluster. Paths are absolute. Reading the settings creates nothing."""

    model_config = SettingsConfigDict(env_prefix="CAPSTAN_", extra="ignore")

    home: Path = Field(ROOT / ".capstan", description="the state folder: stores, models, logs, caches")
    data_dir: Path | None = Field(None, description="a folder to read raw data from, before its original source")
    capstones: Annotated[list[Path], NoDecode] = Field(
        [], description="more folders of capstones beside `pipelines/`, separated as in PATH"
    )
    image: str = Field("", description="the image of components, Ray workers and servers; by default capstan:VERSION")
    host: str = Field("127.0.0.1", description="the address that local services listen on")
    mlflow_port: int = Field(5000, description="the port of the local MLflow server")
    endpoint_port: int = Field(8080, description="the port of the endpoint, REST")
    grpc_port: int = Field(8081, description="the port of the endpoint, gRPC")
    evidently_port: int = Field(8000, description="the port of the Evidently UI")
    tracking_uri: str = Field("", description="an MLflow server elsewhere; by default the local one")
    endpoint_url: str = Field("", description="an endpoint elsewhere; by default the local one")
    token: str | None = Field(None, description="the bearer token that the command sends to the endpoint")

    log_segment_bytes: int = Field(2**24, description="prediction log: the size at which a file becomes parquet")
    log_segment_seconds: float = Field(300, description="prediction log: the age at which a file becomes parquet")
    log_fsync: bool = Field(False, description="prediction log: survive a crash of the machine, not just the server")

    max_body_bytes: int = Field(2**20, gt=0, description="endpoint: the largest request body")
    request_seconds: float = Field(10, description="endpoint: the longest time for one prediction")
    first_token_seconds: float = Field(
        30, gt=0, description="endpoint: the longest wait for the first part of a stream"
    )
    token_seconds: float = Field(10, gt=0, description="endpoint: the longest wait between two parts of a stream")
    max_concurrent: int = Field(128, description="endpoint: predictions at the same time; more get a 503")
    batch_rows: int = Field(64, ge=1, description="endpoint: the most rows in a batch of requests; 1 is no batches")
    batch_delay: float = Field(0.002, ge=0, description="endpoint: the longest time a request waits for its batch")
    tokens_file: Path | None = Field(
        None, description="endpoint: hashes of the clients' tokens; by default none needed"
    )
    token_rate: float = Field(0, description="endpoint: requests per second for each token; 0 is no limit")
    token_burst: int = Field(20, description="endpoint: requests of a token at once, beyond the rate")

    drain_delay: float = Field(0.5, description="endpoint: seconds between not ready and closed, after SIGTERM")
    drain_seconds: int = Field(10, description="endpoint: seconds that open requests get to finish after that")

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


@cache
def settings() -> Settings:
    """Return the settings of this process, read once from its environment."""
    return Settings()
