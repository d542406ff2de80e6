"""Capstones of the benchmarks, and their server: `python -m tests.benchmarks.capstones PORT GRPC_PORT`.

`columns` is the flagship's model whose request brings every input, so that nothing is looked up. `dense` is a small
torch network of the same numbers, not trained: what it predicts does not matter here, how long it takes does.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
from mlflow.pyfunc import PythonModel
from pydantic import BaseModel, ConfigDict, create_model

from pipelines.flight_delay import task

NUMBERS = [name for name in task.INPUTS if name not in task.CATEGORIES]


class Row(BaseModel):
    """A row that needs no features."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    def prediction_time(self) -> datetime:
        """Return now."""
        return datetime.now(UTC)


def request(name: str, inputs: Sequence[str]) -> type[Row]:
    """Return a request that has the inputs as optional fields."""
    kinds = {column: str if column in task.CATEGORIES else float for column in inputs}
    return create_model(name, __base__=Row, **{column: (kind | None, None) for column, kind in kinds.items()})


TASKS = {
    "columns": SimpleNamespace(Request=request("Columns", task.INPUTS), FEATURE_SERVICE=None),
    "dense": SimpleNamespace(Request=request("Dense", NUMBERS), FEATURE_SERVICE=None),
}


class Network(PythonModel):
    """Three layers, 512 wide."""

    def __init__(self):
        import torch

        torch.manual_seed(0)
        sizes = [(len(NUMBERS), 512), (512, 512), (512, 1)]
        layers = [layer for size in sizes for layer in (torch.nn.Linear(*size), torch.nn.ReLU())]
        self.network = torch.nn.Sequential(*layers[:-1])

    def predict_columns(self, columns: Mapping[str, Sequence]) -> np.ndarray:
        """Return a probability a row, shape (n,)."""
        import torch

        matrix = np.nan_to_num(np.array([columns[name] for name in NUMBERS], dtype=np.float32).T)
        with torch.inference_mode():
            return torch.sigmoid(self.network(torch.from_numpy(matrix))[:, 0]).numpy()

    def predict(self, context, model_input, params=None) -> np.ndarray:
        """Return the same for a pandas frame."""
        return self.predict_columns({name: model_input[name].to_list() for name in NUMBERS})


def register(tracking_uri: str) -> None:
    """Make champions of both, beside the flagship's in the registry."""
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    from tests.benchmarks import capstones  # not __main__, or the pickled model would name another class

    mlflow.set_tracking_uri(tracking_uri)
    client = mlflow.MlflowClient()
    version = client.get_model_version_by_alias("flight_delay", "champion").version
    client.copy_model_version(f"models:/flight_delay/{version}", "columns")
    schema = Schema([ColSpec("double", name, required=False) for name in NUMBERS])
    signature = ModelSignature(schema, Schema([ColSpec("double")]))
    with mlflow.start_run(experiment_id="0"):
        mlflow.pyfunc.log_model(
            name="model",
            python_model=capstones.Network(),
            signature=signature,
            pip_requirements=[],
            registered_model_name="dense",
        )
    for name in TASKS:
        client.set_registered_model_alias(name, "champion", "1")


if __name__ == "__main__":
    from serving.logs import configure

    configure()
    import torch

    torch.set_num_threads(1)  # the model's are small, and the other core is the load generator's
    from serving.model.repository import CapstoneRepository
    from serving.server import serve
    from tests.benchmarks import capstones

    repository = CapstoneRepository(lambda: list(capstones.TASKS), capstones.TASKS.__getitem__)
    serve(repository, port=int(sys.argv[1]), grpc_port=int(sys.argv[2]))
