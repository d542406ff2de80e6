"""Which scheme is the fastest in the memory that I have, and is its result that of one worker?

- schemes: every scheme on 1, 2 and 4 workers, with a small decoder;
- digits: those that ask a network for no more than its layers, with the convolutional network on MNIST's digits;
- norms: the same in float64, with group norm and with batch norm, which sees only the images of one worker;
- servers: parameter servers on Ray actors;
- seeds: what schemes that are not exact lose, over five seeds;
- gpus: what public constants of GPUs lead to. Not measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import torch

from capstan.ray_workers import start_ray
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged, spread
from capstan.study.protocol import Show
from data_sets import mnist, plays
from models.parallel import cost_model
from models.parallel.decoder_plan import DecoderPlan, sizes
from models.parallel.digits_plan import DigitsPlan, to_rows
from models.parallel.runner import Runner
from models.parallel.schemes import SCHEMES, WITH_EXPERTS, parameter_server
from models.parallel.schemes.expert_parallel import SingleWithExperts, with_experts
from pipelines.distributed_training.studies.schemes.measuring import SERVERS, Workload, by_scheme, by_server

# Smaller than the decoder that is served, so that all of this takes minutes.
PLAN = DecoderPlan(sizes(width=64, layers=4, context=64), steps=40)
DIGITS = DigitsPlan(steps=40, batch=128, decay=0.01)
TESTED = 30_000  # bytes of the test text
EVERY = 5  # of the digits that test
WORKERS = (1, 2, 4)
GPUS = (8, 64, 1024)
CORES = 2  # of the machine that the results are of
ALL = SCHEMES | WITH_EXPERTS
FOR_ANY = {name: kind for name, kind in SCHEMES.items() if not kind.of_decoder}
COMPRESSED = [name for name, kind in ALL.items() if not kind.exact]
NORMS = {
    "data parallel, group norm": ("data parallel", False),
    "data parallel, batch norm": ("data parallel", True),
    "torch DDP, batch norm": ("torch DDP", True),
}


@cache
def text(experts: bool = False) -> Workload:
    """Return the work on the text."""
    torch.set_num_threads(1)
    table = plays.table(settings().data_dir)
    past, late = (plays.to_bytes(rows) for _, rows in sorted(table.groupby("part"), reverse=True))
    learned, late = torch.from_numpy(past.copy()), late[:TESTED]
    return Workload(with_experts(PLAN), learned, late, SingleWithExperts) if experts else Workload(PLAN, learned, late)


@cache
def images() -> Workload:
    """Return the work on MNIST's digits."""
    torch.set_num_threads(1)
    late, past = (to_rows(rows) for _, rows in sorted(mnist.table(settings().data_dir).groupby("part")))
    return Workload(DIGITS, torch.from_numpy(past), late[::EVERY])


@cache
def seeded(seed: int) -> Workload:
    """Return the work on the text from other first weights and rows."""
    return text().with_seed(seed)


def shared(name: str, workers: int, work: Workload) -> Line:
    """Return the line of a scheme on some workers."""
    with Runner(workers) as runner:
        return by_scheme(runner, name, ALL[name], work)


def schemes(scheme: str, workers: int) -> Line:
    """Return what a scheme does with the decoder."""
    return shared(scheme, workers, text(scheme in WITH_EXPERTS))


def digits(scheme: str, workers: int) -> Line:
    """Return what a scheme does with the convolutional network."""
    return shared(scheme, workers, images())


def norms(scheme: str) -> Line:
    """Return what two workers lose in float64."""
    name, batch_norm = NORMS[scheme]
    work = replace(images(), plan=replace(DIGITS, double=True, batch_norm=batch_norm))
    return {"workers": 2} | shared(name, 2, work)


def servers(part: str, scheme: str, workers: int) -> Line:
    """Return what a parameter server does. Ray is started only here: it does some work itself."""
    start_ray(cpus=max(WORKERS) + 1)
    return by_server(scheme, workers, images() if part == "digits" else text())


def seeds(scheme: str, seed: int) -> Line:
    """Return what a scheme that is not exact loses on two workers."""
    work = seeded(seed)
    if scheme in SERVERS:
        start_ray(cpus=max(WORKERS) + 1)
        weights = parameter_server.train(work.plan, work.data, 2, SERVERS[scheme]).workers[0].weights
    else:
        with Runner(2) as runner:
            weights = runner.run(ALL[scheme], work.plan, work.data, work.plan.steps)[0].weights
    return {"workers": 2} | work.lost(weights)


def gpus(workers: int) -> Iterator[Line]:
    """Yield what each scheme needs on some GPUs, by their data sheet."""
    yield from cost_model.on_gpus(workers)


def predictions(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the seconds of a step on four workers, predicted from one and two of them, and measured."""
    work = lines.pivot_table("processor", "scheme", "workers", sort=False)
    table = pd.DataFrame({"measured": work[4] / CORES}).reset_index()
    table["predicted"] = [
        cost_model.predicted(alone, pair, 4, CORES) for alone, pair in zip(work[1], work[2], strict=True)
    ]
    return table.assign(error=table["predicted"] / table["measured"] - 1)


def number(name: str, scale: float, digits: int) -> Show:
    """Return what shows one number; it is empty where there is none."""
    return lambda rows: "" if rows[name].isna().all() else f"{scale * rows[name].astype(float).mean():,.{digits}f}"


def on(workers: int, columns: dict[str, Show], part: str) -> Table:
    """Return the table of the schemes on some workers."""
    title = "1 worker" if workers == 1 else f"{workers} workers"
    return Table({title: "scheme"}, columns, part, lambda lines: lines[lines["workers"] == workers])


COSTS: dict[str, Show] = {
    "ms per step": number("seconds", 1000, 0),
    "processor ms": number("processor", 1000, 0),
    "MB held": number("held", 1e-6, 2),
    "formula": number("held_formula", 1e-6, 2),
    "MB at most": number("most", 1e-6, 1),
}
SENT: dict[str, Show] = {
    "MB sent": number("sent", 1e-6, 2),
    "by formula": number("sent_formula", 1e-6, 2),
    "on the wire": number("wire", 1e-6, 2),
}
BITS: dict[str, Show] = {"bits per byte": number("bits", 1, 3)}
BITS_OF_DIGITS: dict[str, Show] = {"bits per digit": number("bits", 1, 3)}
LOST: dict[str, Show] = {
    "more than one worker's": ranged("lost", 4, sign="+"),
    "farthest weight": lambda rows: f"{rows['farthest'].max():.0e}",
}
GUESSES: dict[str, Show] = {
    "predicted, ms": number("predicted", 1000, 0),
    "measured, ms": number("measured", 1000, 0),
    "error": lambda rows: f"{100 * rows['error'].mean():+.0f} %",
}
OF_GPUS: dict[str, Show] = {
    "GB of states": number("held", 1e-9, 1),
    "fits 80 GB": lambda rows: "yes" if rows["fits"].all() else "no",
    "s computing": number("computing", 1, 3),
    "s sending": number("sending", 1, 3),
}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the files that are read."""
    return {plays.FILE: plays.path(data_dir)} | mnist.paths(data_dir)


STUDY = Study(
    measures=[
        Measure(schemes, [{"scheme": name, "workers": size} for size in WORKERS for name in ALL], seeds=0),
        Measure(digits, [{"scheme": name, "workers": 2} for name in FOR_ANY], seeds=0),
        Measure(norms, [{"scheme": name} for name in NORMS], seeds=0),
        Measure(
            servers,
            [{"part": "schemes", "scheme": name, "workers": size} for size in WORKERS for name in SERVERS]
            + [{"part": "digits", "scheme": name, "workers": 2} for name in SERVERS],
            seeds=0,
        ),
        Measure(seeds, [{"scheme": name} for name in (*COMPRESSED, "asynchronous server")]),
        Measure(gpus, [{"workers": size} for size in GPUS], seeds=0),
    ],
    tables=[
        *(on(size, COSTS | SENT | BITS | LOST, "schemes") for size in WORKERS[1:]),
        on(1, COSTS | BITS, "schemes"),
        on(2, COSTS | SENT | BITS_OF_DIGITS | LOST, "digits"),
        Table({"2 workers, float64": "scheme"}, BITS_OF_DIGITS | LOST, "norms"),
        Table({"2 workers": "scheme"}, {"bits per byte more, five seeds": lambda rows: spread(rows["lost"])}, "seeds"),
        Table({"4 workers": "scheme"}, GUESSES, "schemes", predictions),
        Table({"GPUs": "workers", "scheme": "scheme"}, OF_GPUS, "gpus"),
    ],
    files=files,
)
