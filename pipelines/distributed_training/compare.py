"""`python -m pipelines.distributed_training.compare`: every scheme on 1, 2 and 4 workers, and what it predicts.

It writes `compare.json` and `timelines.svg` into the folder that it is given, and prints the tables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import psutil
import torch

from capstan.settings import settings
from models import paired
from models.study import Line, Study, markdown, options, ranged
from pipelines.distributed_training import cost_model, formulas, timelines
from pipelines.distributed_training.model import opened
from pipelines.distributed_training.plans import Plan, sizes
from pipelines.distributed_training.runner import Result, Runner
from pipelines.distributed_training.schemes import SCHEMES, WITH_EXPERTS
from pipelines.language_model import data
from pipelines.language_model.measures import by_block, losses

FOLDER = Path(__file__).parent
# Smaller than the decoder that is served, so that all of this takes minutes.
PLAN = Plan(sizes(width=64, layers=4, context=64), steps=40)
TESTED = 30_000  # bytes of the test text
WORKERS = (1, 2, 4)
FASTEST = 0.1  # of the steps
GPUS = (8, 64, 1024)
ALL = SCHEMES | WITH_EXPERTS
COMPRESSED = [name for name, kind in ALL.items() if not kind.exact]
DRAWN = ("data parallel", "ZeRO 2", "ZeRO 3", "tensor parallel", "GPipe", "1F1B", "ring attention")
STALE = 0.5  # nats that an asynchronous server may lose in 20 steps
LOOSE = 1.2  # nats that compressed gradients may lose in the 100 steps of a tiny decoder: see the README


def alone(name: str) -> str:
    """Return the scheme of one worker that trains the same network."""
    return "single with experts" if name in WITH_EXPERTS else "single"


def on_workers(
    size: int, text: torch.Tensor, test: np.ndarray, rivals: dict[str, Rival]
) -> Iterator[tuple[Line, list[Result]]]:
    """Yield a line for each scheme on some workers, and what each worker did. rivals: what one worker did alone."""
    facts = formulas.of(PLAN, size)
    with Runner(size) as runner:
        for name, where in ALL.items():
            before = wire()
            made = runner.run(where, PLAN, text, PLAN.steps)
            line: Line = {"scheme": name, "workers": size, "wire": (wire() - before) / size / PLAN.steps}
            line["processor"] = float(sum(np.median(result.processor) for result in made))
            # All steps are the same work: what other work on this machine adds is left out.
            line["seconds"] = float(np.quantile([result.seconds for result in made], FASTEST))
            line["sent"] = float(np.mean([result.sent for result in made]))
            watched = [one.memory for one in runner.run(where, PLAN, text, 2, watch=True)]
            line["held"] = max(one.after for one in watched if one)
            line["most"] = max(one.most for one in watched if one)
            for formula, known in (("sent_formula", formulas.SENT), ("held_formula", formulas.HELD)):
                line[formula] = known[name](facts) if name in known else None
            yield line | lost(made[0], rivals[alone(name)], test, name in WITH_EXPERTS), made


class Rival(NamedTuple):
    """What one worker has learned, and what each passage of the test text costs it."""

    weights: dict[str, np.ndarray]
    bits: np.ndarray


def rival(made: Result, test: np.ndarray, experts: bool) -> Rival:
    """Return one worker as a rival."""
    return Rival(made.weights, bits(made, test, experts))


def bits(made: Result, test: np.ndarray, experts: bool) -> np.ndarray:
    """Return the bits per byte of each passage of the test text."""
    shape = scheme_plan(experts).shape
    weights = {name: torch.from_numpy(values) for name, values in made.weights.items()}
    return by_block(losses(opened(shape, weights), test, shape.context) / np.log(2))


def lost(made: Result, other: Rival, test: np.ndarray, experts: bool) -> Line:
    """Return the bits per byte of the test text, how many more than one worker's, paired by passage, and the farthest
    weight from one worker's.
    """
    ours = bits(made, test, experts)
    difference = paired.bootstrap(ours, other.bits)
    farthest = max(float(np.abs(values - other.weights[name]).max()) for name, values in made.weights.items())
    return {
        "bits": float(ours.mean()),
        "lost": difference["difference"],
        "lost_low": difference["low"],
        "lost_high": difference["high"],
        "farthest": farthest,
    }


def scheme_plan(experts: bool) -> Plan:
    """Return the plan that a scheme trains."""
    from pipelines.distributed_training.schemes.expert_parallel import with_experts

    return with_experts(PLAN) if experts else PLAN


def wire() -> int:
    """Return the bytes that all processes of this machine have sent to each other by TCP."""
    counted: int = psutil.net_io_counters(pernic=True)["lo"].bytes_sent
    return counted


def seeds(count: int, text: torch.Tensor, test: np.ndarray) -> Iterator[Line]:
    """Yield what compressed gradients lose on two workers, a line for each seed."""
    with Runner(2) as runner:
        for seed in range(count):
            plan = replace(PLAN, seed=seed)
            one = rival(runner.run(SCHEMES["single"], plan, text, plan.steps)[0], test, False)
            for name in COMPRESSED:
                made = runner.run(SCHEMES[name], plan, text, plan.steps)[0]
                yield {"scheme": name, "workers": 2, "seed": seed} | lost(made, one, test, False)


def predictions(results: pd.DataFrame, cores: int) -> Iterator[Line]:
    """Yield for each scheme the seconds of a step on four workers, as one and two of them predict it."""
    work = results.pivot_table("processor", "scheme", "workers", sort=False)
    for scheme, line in work.iterrows():
        guess = cost_model.predicted(line[1], line[2], 4, cores)
        measured = line[4] / cores
        yield {"scheme": scheme, "workers": 4, "predicted": guess, "measured": measured, "error": guess / measured - 1}


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    parts = dict(list(results.groupby("part", sort=False)))
    shown = {
        "ms per step": number("seconds", 1000, 0),
        "processor ms": number("processor", 1000, 0),
        "MB held": number("held", 1e-6, 2),
        "formula": number("held_formula", 1e-6, 2),
        "MB at most": number("most", 1e-6, 1),
        "MB sent": number("sent", 1e-6, 2),
        "by formula": number("sent_formula", 1e-6, 2),
        "on the wire": number("wire", 1e-6, 2),
        "bits per byte": number("bits", 1, 3),
        "more than one worker's": ranged("lost", 4, sign="+"),
        "farthest weight": lambda rows: f"{rows['farthest'].max():.0e}",
    }
    made = [
        markdown(parts["schemes"][parts["schemes"]["workers"] == size], {f"{size} workers": "scheme"}, shown)
        for size in WORKERS[1:]
    ]
    one = {
        name: shown[name]
        for name in ("ms per step", "processor ms", "MB held", "formula", "MB at most", "bits per byte")
    }
    made.append(markdown(parts["schemes"].query("workers == 1"), {"1 worker": "scheme"}, one))
    by_seed = {
        "bits per byte more, five seeds": lambda rows: (
            f"{rows['lost'].mean():.3f} ({rows['lost'].min():.3f} to {rows['lost'].max():.3f})"
        )
    }
    made.append(markdown(parts["seeds"], {"2 workers": "scheme"}, by_seed))
    guesses = {"predicted, ms": number("predicted", 1000, 0), "measured, ms": number("measured", 1000, 0)}
    guesses["error"] = lambda rows: f"{100 * rows['error'].mean():+.0f} %"
    made.append(markdown(parts["predicted"], {"4 workers": "scheme"}, guesses))
    gpus = {
        "GB of states": number("held", 1e-9, 1),
        "fits 80 GB": lambda rows: "yes" if rows["fits"].all() else "no",
        "s computing": number("computing", 1, 3),
        "s sending": number("sending", 1, 3),
    }
    made.append(markdown(parts["gpus"], {"GPUs": "workers", "scheme": "scheme"}, gpus))
    return "\n\n".join(made)


def number(name: str, scale: float, digits: int) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of one number; it is empty where there is none."""
    return lambda rows: "" if rows[name].isna().all() else f"{scale * rows[name].astype(float).mean():,.{digits}f}"


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "compare.json", ["part", "scheme", "workers", "seed"])
    torch.set_num_threads(1)
    past, late = (
        data.to_bytes(rows) for _, rows in sorted(data.table(settings().data_dir).groupby("part"), reverse=True)
    )
    text, late = torch.from_numpy(past.copy()), late[:TESTED]
    with Runner(1) as one:
        rivals = {
            name: rival(one.run(ALL[name], PLAN, text, PLAN.steps)[0], late, name in WITH_EXPERTS)
            for name in {*map(alone, ALL)}
        }
    spans = {}
    for size in WORKERS:
        for line, made in on_workers(size, text, late, rivals):
            study.add({"part": "schemes", "seed": 0} | line)
            if size == 2 and line["scheme"] in DRAWN:
                spans[line["scheme"]] = [result.spans for result in made]
    (given.out / "timelines.svg").write_text(timelines.drawn(spans))
    for line in seeds(given.seeds, text, late):
        study.add({"part": "seeds"} | line)
    results = study.table()
    cores = len(os.sched_getaffinity(0))
    study.add(
        *({"part": "predicted", "seed": 0} | line for line in predictions(results.query("part == 'schemes'"), cores))
    )
    study.add(*({"part": "gpus", "seed": 0} | line for size in GPUS for line in cost_model.on_gpus(size)))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
