"""The flagship's model in BentoML: `python -m tests.benchmarks.peers.with_bentoml PORT`, in its environment.

One worker, no batches. BentoML's own log of each request and its metrics are off.
"""

import os
import pickle
import sys
from pathlib import Path

import bentoml


@bentoml.service(workers=1, logging={"access": {"enabled": False}}, metrics={"enabled": False})
class Flights:
    """Rows of named inputs in, one probability per row out."""

    def __init__(self) -> None:
        self.booster = pickle.loads(Path(os.environ["PEER_MODEL"]).read_bytes())

    @bentoml.api
    async def predict(self, instances: list[dict]) -> dict:
        """Return one probability per row."""
        columns = {name: [row[name] for row in instances] for name in self.booster.inputs}
        return {"predictions": self.booster.predict_columns(columns)["probability"].tolist()}


if __name__ == "__main__":
    options = ["--port", sys.argv[1], "--host", "127.0.0.1"]
    os.environ["BENTOML_DO_NOT_TRACK"] = "true"
    bentoml_command = [
        sys.executable,
        "-m",
        "bentoml",
        "serve",
        "tests.benchmarks.peers.with_bentoml:Flights",
        *options,
    ]
    os.execv(sys.executable, bentoml_command)
