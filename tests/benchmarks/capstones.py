"""Capstones of the benchmarks, and their server: `python -m tests.benchmarks.capstones PORT GRPC_PORT`.

The request of `columns` brings every input of the flagship's model, so that nothing is looked up.
"""

import sys
from datetime import UTC, datetime
from types import SimpleNamespace

from pydantic import BaseModel, ConfigDict, create_model

from pipelines.flight_delay import task


class Columns(BaseModel):
    """A row without features: what the model needs is in the request."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    def prediction_time(self) -> datetime:
        """Return now."""
        return datetime.now(UTC)


FIELDS = {name: (str if name in task.CATEGORIES else float) | None for name in task.INPUTS}
FlightColumns = create_model("FlightColumns", __base__=Columns, **{k: (v, None) for k, v in FIELDS.items()})
TASKS = {"columns": SimpleNamespace(Request=FlightColumns, FEATURE_SERVICE=None)}


if __name__ == "__main__":
    from serving.logs import configure

    configure()
    from serving.repository import CapstoneRepository
    from serving.server import serve
    from tests.benchmarks import capstones

    serve(
        CapstoneRepository(lambda: list(capstones.TASKS), capstones.TASKS.__getitem__),
        port=int(sys.argv[1]),
        grpc_port=int(sys.argv[2]),
    )
