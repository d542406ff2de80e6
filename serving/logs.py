"""The server's log on stderr: one line for each problem, none for other requests, and no values of requests."""

import logging.config
import os
import traceback
import warnings
from types import TracebackType

from capstan.settings import settings


class Formatter(logging.Formatter):
    """Formats exceptions without their messages: a `KeyError` of a model's code may name a person."""

    def formatException(
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Return the frames and the kind of an exception and of those that it came from."""
        if settings().log_values or ei[1] is None:
            return super().formatException(ei)
        parts: list[str] = []
        error: BaseException | None = ei[1]
        while error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__))
            parts.append(f"Traceback (most recent call last):\n{frames}{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n\n".join([*reversed(parts), "Messages are left out. CAPSTAN_LOG_VALUES=1 shows them."])


class ClientIsThere(logging.Filter):
    """Drops what gRPC reports as an unexpected exception: an answer whose client had just left."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is about anything else."""
        return not (record.exc_info and record.exc_info[0] and record.exc_info[0].__name__ == "ExecuteBatchError")


def configure() -> None:
    """Set up the logs of the server, KServe, uvicorn and the libraries under them. Call it before importing kserve."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": Formatter, "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
            "filters": {"client is there": {"()": ClientIsThere}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {
                "serving": {"level": "INFO"},
                # KServe configures its loggers unless this one has a handler.
                "kserve": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
                "grpc._cython.cygrpc": {"filters": ["client is there"]},
                "uvicorn.access": {"handlers": [], "propagate": False},
            },
        }
    )
    # What libraries report to developers (deprecations, hints on logging models) and progress bars are no problem here.
    warnings.simplefilter("ignore")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
