"""`python -m pipelines.distributed_training.compare`: every scheme on 1, 2 and 4 workers, and what it predicts.

It writes `compare.json` and `timelines.svg` into the folder that it is given, and prints the tables. Lines that are
there are not measured again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pandas as pd
import torch

from capstan.ray_workers import start_ray
from capstan.settings import settings
from data_sets import mnist as images
from data_sets import plays as data
from models.parallel.decoder_plan import DecoderPlan, sizes
from models.parallel.digits_plan import DigitsPlan, to_rows
from models.parallel.runner import Result, Runner
from models.parallel.schemes import SCHEMES, WITH_EXPERTS, parameter_server
from models.parallel.schemes.expert_parallel import SingleWithExperts, with_experts
from models.study import Line, Study, markdown, options, ranged
from pipelines.distributed_training import cost_model, timelines
from pipelines.distributed_training.measuring import SERVERS, Workload, by_scheme, by_server

FOLDER = Path(__file__).parent
# Smaller than the decoder that is served, so that all of this takes minutes.
PLAN = DecoderPlan(sizes(width=64, layers=4, context=64), steps=40)
DIGITS = DigitsPlan(steps=40, batch=128, decay=0.01)  # batch, rate and decay are those of `digits`
TESTED = 30_000  # bytes of the test text
EVERY = 5  # of the digits that test
WORKERS = (1, 2, 4)
SHARED = (2,)  # of the digits
GPUS = (8, 64, 1024)
ALL = SCHEMES | WITH_EXPERTS
FOR_ANY = {name: kind for name, kind in SCHEMES.items() if not kind.of_decoder}
COMPRESSED = [name for name, kind in ALL.items() if not kind.exact]
DRAWN = ("data parallel", "ZeRO 2", "ZeRO 3", "tensor parallel", "GPipe", "1F1B", "ring attention")
NORMS = (("group norm", False, ("data parallel",)), ("batch norm", True, ("data parallel", "torch DDP")))
STALE = 0.5  # nats that an asynchronous server may lose in 20 steps
LOOSE = 1.2  # nats that compressed gradients may lose in the 100 steps of a tiny decoder: see the README


def decoders() -> tuple[Workload, Workload]:
    """Return the work on the text, without experts and with them."""
    table = data.table(settings().data_dir)
    past, late = (data.to_bytes(rows) for _, rows in sorted(table.groupby("part"), reverse=True))
    text, late = torch.from_numpy(past.copy()), late[:TESTED]
    return Workload(PLAN, text, late), Workload(with_experts(PLAN), text, late, SingleWithExperts)


def digits() -> Workload:
    """Return the work on MNIST's digits."""
    table = images.table(settings().data_dir)
    late, past = (to_rows(rows) for _, rows in sorted(table.groupby("part")))
    return Workload(DIGITS, torch.from_numpy(past), late[::EVERY])


def schemes(study: Study, part: str, works: dict[str, Workload], sizes: Sequence[int]) -> dict[str, list[Result]]:
    """Add the lines of a part that a study lacks: the scheme of each name does its work on each number of workers.

    Returns what two workers did by each scheme that was measured.
    """
    two = {}
    for size in sizes:
        if lacking := [name for name in works if not study.has(part=part, scheme=name, workers=size)]:
            with Runner(size) as runner:
                for name in lacking:
                    line, made = by_scheme(runner, name, ALL[name], works[name])
                    study.add({"part": part, "seed": 0} | line)
                    if size == 2:
                        two[name] = made
    return two


def servers(study: Study, part: str, work: Workload, sizes: Sequence[int]) -> None:
    """Add the lines of the parameter servers that a study lacks."""
    for size, name in product(sizes, SERVERS):
        if not study.has(part=part, scheme=name, workers=size):
            study.add({"part": part, "seed": 0} | by_server(name, size, work))


def seeds(study: Study, count: int, work: Workload) -> None:
    """Add what schemes that are not exact lose on two workers, a line for each seed."""
    names = [*COMPRESSED, "asynchronous server"]
    for seed in range(count):
        if lacking := [name for name in names if not study.has(part="seeds", scheme=name, seed=seed)]:
            seeded = work.with_seed(seed)
            with Runner(2) as runner:
                for name in lacking:
                    if name in SERVERS:
                        made = parameter_server.train(seeded.plan, work.data, 2, SERVERS[name]).workers
                    else:
                        made = runner.run(ALL[name], seeded.plan, work.data, seeded.plan.steps)
                    lost = seeded.lost(made[0].weights)
                    study.add({"part": "seeds", "scheme": name, "workers": 2, "seed": seed} | lost)


def norms(study: Study, work: Workload) -> None:
    """Add what two workers lose in float64, by groups and with batch norm, which is of the images of a worker."""
    for title, batch_norm, names in NORMS:
        normed = replace(work, plan=replace(DIGITS, double=True, batch_norm=batch_norm))
        lacking = [name for name in names if not study.has(part="norms", scheme=f"{name}, {title}")]
        with Runner(2) as runner:
            for name in lacking:
                line, _ = by_scheme(runner, f"{name}, {title}", ALL[name], normed)
                study.add({"part": "norms", "seed": 0} | line)


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
    made = [by_workers(parts["schemes"], size, shown) for size in WORKERS[1:]]
    of_digits = {name.replace("per byte", "per digit"): cell for name, cell in shown.items()}
    made += [by_workers(parts["digits"], size, of_digits) for size in SHARED]
    kept = ("bits per digit", "more than one worker's", "farthest weight")
    made.append(markdown(parts["norms"], {"2 workers, float64": "scheme"}, {name: of_digits[name] for name in kept}))
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


def by_workers(lines: pd.DataFrame, size: int, shown: Mapping[str, Callable[[pd.DataFrame], str]]) -> str:
    """Return the table of the schemes on some workers."""
    return markdown(lines[lines["workers"] == size], {f"{size} workers": "scheme"}, shown)


def number(name: str, scale: float, digits: int) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of one number; it is empty where there is none."""
    return lambda rows: "" if rows[name].isna().all() else f"{scale * rows[name].astype(float).mean():,.{digits}f}"


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "compare.json", ["part", "scheme", "workers", "seed"])
    torch.set_num_threads(1)
    text, experts = decoders()
    works = {name: experts if name in WITH_EXPERTS else text for name in ALL}
    spans = {
        name: [result.spans for result in made] for name, made in schemes(study, "schemes", works, WORKERS).items()
    }
    if {*DRAWN} <= {*spans}:
        (given.out / "timelines.svg").write_text(timelines.drawn({name: spans[name] for name in DRAWN}))
    mnist = digits()
    schemes(study, "digits", dict.fromkeys(FOR_ANY, mnist), SHARED)
    norms(study, mnist)
    start_ray(cpus=max(WORKERS) + 1)  # only now: it takes some work itself
    servers(study, "schemes", text, WORKERS)
    servers(study, "digits", mnist, SHARED)
    seeds(study, given.seeds, text)
    results = study.table()
    cores = len(os.sched_getaffinity(0))
    study.add(
        *({"part": "predicted", "seed": 0} | line for line in predictions(results.query("part == 'schemes'"), cores))
    )
    study.add(*({"part": "gpus", "seed": 0} | line for size in GPUS for line in cost_model.on_gpus(size)))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
