"""Training on a table that no worker holds: `python -m tests.benchmarks.scale_training [--rows 8000000] [--of torch]`.

The table is the training set of `flight_delay` as numbers, again and again, in parquet files. Workers of Ray get its
rows as streams. Next to them is one process that holds all of it, with five seeds, where the table takes less than a
quarter of the memory: such a process takes three times as much. The result is ROC AUC on the flights of the test, and
the memory that each process held of its own: files that are mapped do not count, the table in memory does. Nothing
here needs a running stack; the data are those of `flight_delay`.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import psutil

from tests.benchmarks.lines import Line, Study, markdown, read
from tests.benchmarks.scale_joins import watched

if TYPE_CHECKING:
    import ray.data
    from torch import nn

FILE = Path(__file__).parents[2] / "docs" / "scale_training.json"
CHILD = (sys.executable, "-m", "tests.benchmarks.scale_training")
STORE = 500_000_000  # bytes of Ray's object store, which its workers share
ANSWER = "ROC AUC: "  # how the line of a child begins
TEST, TABLE, ROWS = "test-{}.parquet", "table", "rows"  # a file of each kind, and folders: numbers, and rows as joined
ALONE, STREAMS = "one process, the table in memory", "{} by streams"
CALIBRATED = "LightGBM, calibrated"  # on rows as they were joined
WORKERS, SEEDS, TRAININGS = (1, 2, 4), 5, ("LightGBM", "torch", CALIBRATED)
PARAMS = {
    "objective": "binary", "learning_rate": 0.1, "num_leaves": 31, "bagging_fraction": 0.8, "bagging_freq": 1,
    "verbosity": -1, "force_row_wise": True,
}  # fmt: skip
ROUNDS, BATCH, RATE = 20, 4096, 1e-3


def made(folder: Path, rows: int, joined: bool) -> None:
    """Write the table and the test: a column for each input and the target, float64, in files of a copy each.

    joined: also write the rows as they were joined.
    """
    from capstan.data.files import write_tables
    from components.build_features.core import build_features
    from models.trees.booster import encode
    from pipelines.flight_delay import task
    from pipelines.flight_delay.columns import CATEGORIES, INPUTS, TEST_FROM

    write_tables(task.load(None), folder / "raw")
    build_features("flight_delay", *(str(folder / name) for name in ("raw", "features", "set", "metrics.json")))
    known = pd.read_parquet(folder / "set" / "training_set.parquet").dropna(subset="late").reset_index(drop=True)
    coding = {name: sorted(known[name].dropna().unique()) for name in CATEGORIES}
    columns = {name: known[name].to_list() for name in INPUTS}
    frame = pd.DataFrame(encode(columns, INPUTS, coding), columns=INPUTS)
    frame = frame.assign(late=known["late"].astype(float).to_numpy())
    past = (known["event_timestamp"] < TEST_FROM).to_numpy()
    random, size = np.random.default_rng(0), int(past.sum())
    orders = [random.permutation(size)[: rows - first] for first in range(0, rows, size)]  # for networks, mixed
    kinds = {TABLE: frame} | ({ROWS: known[[*INPUTS, "late", "event_timestamp"]]} if joined else {})
    for name, kind in kinds.items():
        kind[~past].to_parquet(folder / TEST.format(name), index=False)
        (folder / name).mkdir()
        for number, order in enumerate(orders):
            path = folder / name / f"{number:05}.parquet"
            kind[past].iloc[order].to_parquet(path, index=False, row_group_size=50_000)


def streamed(folder: Path) -> "ray.data.Dataset":
    import ray.data

    return ray.data.read_parquet(str(folder / TABLE))


def lightgbm_auc(folder: Path, workers: int, seed: int) -> float:
    """Train LightGBM and return its ROC AUC on the test. workers: 0 holds the table in this process."""
    from models.trees.gbdt import fit
    from models.trees.gbdt_stream import fit_stream
    from pipelines.flight_delay.columns import CATEGORIES, INPUTS

    params = PARAMS | {"seed": seed, "num_threads": 2 if workers < 2 else 1}
    if workers:
        booster = fit_stream(streamed(folder), INPUTS, "late", CATEGORIES, params, ROUNDS, workers)
    else:
        matrix = pd.read_parquet(folder / TABLE).to_numpy()
        places = [INPUTS.index(name) for name in CATEGORIES]
        booster = fit(matrix[:, :-1], matrix[:, -1], places, params, ROUNDS, 0)
    return auc(folder, lambda rows: np.asarray(booster.predict(rows)))


def calibrated_auc(folder: Path, workers: int, seed: int) -> float:
    """Train as `flight_delay` does, on joined rows. workers: 0 holds the table in this process."""
    from capstan.data.batches import StoredBatches
    from models.trees.gbdt import train_classifier
    from pipelines.flight_delay.columns import CALIBRATE_FROM, CATEGORIES, INPUTS

    rows = StoredBatches(folder / ROWS)
    model = train_classifier(
        rows if workers else rows.frame(),
        inputs=INPUTS,
        label="late",
        categories=CATEGORIES,
        calibrate=lambda part: part["event_timestamp"] >= CALIBRATE_FROM,
        params=PARAMS | {"num_threads": 2 if workers < 2 else 1},
        rounds=ROUNDS,
        seed=seed,
        workers=workers,
    )
    return auc(folder, model.probability, ROWS)


def network(seed: int, width: int) -> "nn.Module":
    import torch
    from torch import nn

    torch.manual_seed(seed)
    norm = nn.BatchNorm1d(width)  # inputs have units of all sizes
    return nn.Sequential(norm, nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, 1))


def loss(model: "nn.Module", batch: dict[str, Any]) -> Any:
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    columns = [batch[name].float().nan_to_num() for name in sorted(batch) if name != "late"]
    return binary_cross_entropy_with_logits(model(torch.stack(columns, 1))[:, 0], batch["late"].float())


def learn(seed: int, data: Any, device: Any, *, share: int, shares: int, rows: Any, **more: Any) -> Any:
    """Train a network for an epoch on a stream. Each worker has its part of a batch."""
    from models.learning import training

    batches = partial(rows.batches, size=BATCH // shares, seed=seed)
    return training.fit(network(seed, data).to(device), loss, batches, epochs=1, rate=RATE, **more)


def torch_auc(folder: Path, workers: int, seed: int) -> float:
    """Train a network for an epoch and return its ROC AUC on the test. workers: 0 holds the table in this process."""
    import torch

    from models.learning import training
    from models.learning.ray_training import fit_on_workers

    names = sorted(pd.read_parquet(folder / TEST.format(TABLE)).columns)
    names.remove("late")
    model = network(seed, len(names))
    if workers:
        key = f"{folder.name}-{workers}-{seed}"  # another table goes on from no checkpoint
        model.load_state_dict(fit_on_workers(partial(learn, seed), len(names), workers, key, streamed(folder)))
    else:
        table = {name: torch.from_numpy(values.to_numpy()) for name, values in pd.read_parquet(folder / TABLE).items()}

        def batches(epoch: int) -> Iterator[dict[str, Any]]:
            order = torch.randperm(len(table["late"]), generator=torch.Generator().manual_seed(seed + epoch))
            for some in order.split(BATCH):
                yield {name: values[some] for name, values in table.items()}

        training.fit(model, loss, batches, epochs=1, rate=RATE)
    model.eval()

    def probability(rows: pd.DataFrame) -> np.ndarray:
        with torch.no_grad():
            inputs = torch.from_numpy(rows[names].to_numpy(np.float32, na_value=0.0))
            return np.asarray(torch.sigmoid(model(inputs))[:, 0])

    return auc(folder, probability)


def auc(folder: Path, probability: Any, kind: str = TABLE) -> float:
    from sklearn.metrics import roc_auc_score

    test = pd.read_parquet(folder / TEST.format(kind))
    return float(roc_auc_score(test["late"], probability(test.drop(columns="late"))))


def measured(folder: Path, of: str, workers: int, seed: int) -> Line:
    """Return the quality, the time and the memory of a training, in a process of its own."""
    command = [*CHILD, "--of", of, "--child", str(folder), "--workers", str(workers), "--seed", str(seed)]
    printed, cost = watched(command)
    found = next(line for line in printed.splitlines() if line.startswith(ANSWER))  # Ray prints, too
    return {"auc": float(found.removeprefix(ANSWER))} | cost


def tables(results: pd.DataFrame) -> str:
    """Return the table of docs/scale.md."""
    return markdown(results, {"training": "of", "rows": "rows", "table": "table_mb", "on": "way"}, {
        "ROC AUC": lambda rows: f"{rows['auc'].mean():.4f} ({rows['auc'].min():.4f} to {rows['auc'].max():.4f})",
        "seeds": lambda rows: f"{len(rows)}",
        "time": lambda rows: f"{rows['seconds'].mean():.0f} s",
        "largest process": lambda rows: f"{rows['one_mb'].max():,.0f} MiB",
        "all processes": lambda rows: f"{rows['all_mb'].max():,.0f} MiB",
    })  # fmt: skip


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=8_000_000)
    parser.add_argument("--of", nargs="+", choices=TRAININGS, default=TRAININGS)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--seeds", type=int, default=1, help="of what streams train; one process has five")
    for name, kind in {"child": Path, "seed": int}.items():
        parser.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        from capstan.ray_workers import start_ray

        [workers] = options.workers
        if workers:
            start_ray(cpus=workers + 2, store=STORE)
        train = dict(zip(TRAININGS, (lightgbm_auc, torch_auc, calibrated_auc), strict=True))[options.of[0]]
        print(f"{ANSWER}{train(options.child, workers, options.seed)}")
        return
    study = Study(options.out, ["of", "rows", "way", "seed"])
    with tempfile.TemporaryDirectory(prefix="capstan-scale-") as path:
        folder = Path(path)
        made(folder, options.rows, joined=CALIBRATED in options.of)
        width = len(pd.read_parquet(folder / TEST.format(TABLE)).columns)
        size = 8 * width * options.rows
        case = {"rows": options.rows, "table_mb": round(size / 2**20)}
        held = {ALONE: (0, SEEDS)} if size < psutil.virtual_memory().total / 4 else {}
        for of in options.of:
            ways = held | {STREAMS.format(workers): (workers, options.seeds) for workers in options.workers}
            for way, (workers, seeds) in ways.items():
                for seed in range(seeds):
                    if not study.has(of=of, way=way, seed=seed, rows=options.rows):
                        found = measured(folder, of, workers, seed)
                        study.add({"of": of, **case, "way": way, "seed": seed} | found)
    print(tables(read(options.out)))


if __name__ == "__main__":
    main()
