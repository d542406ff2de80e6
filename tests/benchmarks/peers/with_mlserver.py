"""The flagship's model in MLServer, in its own environment.

    python -m tests.benchmarks.peers.with_mlserver PORT GRPC_PORT

`columns` takes a tensor for each input, as our server does. `matrix` takes all in one tensor, categories as their
codes, as MLServer's own LightGBM runtime does. The settings are the fastest on two cores: no pool of processes (0), for
a call to one costs more than this model; no metrics.
"""

import asyncio
import os
import pickle
import sys
from pathlib import Path

from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse, MetadataTensor


class Columns(MLModel):
    """A tensor for each input."""

    async def load(self) -> bool:
        """Read the model."""
        self.booster = pickle.loads(Path(os.environ["PEER_MODEL"]).read_bytes())
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer with the probability of each row."""
        texts = {name for name, kind in self.booster.inputs.items() if kind == "string"}
        columns = {
            tensor.name: StringCodec.decode_input(tensor) if tensor.name in texts else NumpyCodec.decode_input(tensor)
            for tensor in payload.inputs
        }
        return self.answer(self.booster.predict_columns(columns)["probability"])

    def answer(self, probability) -> InferenceResponse:
        """Return probabilities, shape (n,), as a response."""
        outputs = [NumpyCodec.encode_output("probability", probability)]
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=outputs)


class Matrix(Columns):
    """One tensor of all inputs, which the booster takes as it is."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer with the booster's own probability of each row."""
        return self.answer(self.booster.booster.predict(NumpyCodec.decode_input(payload.inputs[0]), num_threads=1))


async def main(port: int, grpc_port: int) -> None:
    """Serve both models until SIGTERM."""
    more = {"parallel_workers": 0, "metrics_endpoint": None, "debug": False}
    server = MLServer(Settings(host="127.0.0.1", http_port=port, grpc_port=grpc_port, **more))
    tensor = [MetadataTensor(name="rows", datatype="FP64", shape=[-1, -1])]
    await server.start(
        [
            ModelSettings(name="columns", implementation=Columns),
            ModelSettings(name="matrix", implementation=Matrix, inputs=tensor),
        ]
    )


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
