"""`python -m components.train.remote CAPSTONE KEY`: the training of a step, on a Ray cluster."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from capstan.catalogue import load
from capstan.profile import profile
from capstan.ray_workers import JOB
from cluster import ray_job
from components.train.core import fit


def main() -> None:
    """Fetch the tables and the parameters, train, and leave the model in the object store."""
    capstone, key = sys.argv[1:]
    storage = profile().storage()
    with TemporaryDirectory(prefix="capstan-") as folder, ray_job.ending_with_step(storage, key):
        tables, model = Path(folder) / "tables", Path(folder) / "model"
        JOB.storage, JOB.cpus = storage.url(f"{key}/ray"), ray_job.cpus(load(capstone).RESOURCES.worker)
        ray_job.download(storage, f"{key}/source", tables)
        fit(capstone, str(tables), str(model), json.loads(storage.read(f"{key}/parameters.json") or b"{}"))
        ray_job.upload(model, storage, f"{key}/target")


if __name__ == "__main__":
    main()
