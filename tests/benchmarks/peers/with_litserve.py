"""The flagship's model in LitServe: `python -m tests.benchmarks.peers.with_litserve PORT`, in its environment.

One worker, no batches: with two cores, a second worker takes the core of the server's own process.
"""

import os
import pickle
import sys
from pathlib import Path

import litserve


class Flights(litserve.LitAPI):
    """Rows of named inputs in, one probability per row out."""

    def setup(self, device) -> None:
        """Read the model."""
        self.booster = pickle.loads(Path(os.environ["PEER_MODEL"]).read_bytes())

    def decode_request(self, request) -> dict:
        """Return the columns of the rows."""
        return {name: [row[name] for row in request["instances"]] for name in self.booster.inputs}

    def predict(self, columns):
        """Return one probability per row."""
        return self.booster.predict_columns(columns)["probability"]

    def encode_response(self, output) -> dict:
        """Return the answer."""
        return {"predictions": output.tolist()}


if __name__ == "__main__":
    server = litserve.LitServer(Flights(), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", generate_client_file=False)
