"""The server's log on stderr: one line for each problem, none for other requests."""

import logging.config
import os
import warnings


def configure() -> None:
    """Set up the logs of the server, KServe, uvicorn and the libraries under them. Call it before importing kserve."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {
                "serving": {"level": "INFO"},
                # KServe configures its loggers unless this one has a handler.
                "kserve": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
                "uvicorn.access": {"handlers": [], "propagate": False},
            },
        }
    )
    # What libraries report to developers (deprecations, hints on logging models) and progress bars are no problem here.
    warnings.simplefilter("ignore")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
