"""Is the decoder better than simpler models after the same time, and how was each of its constants chosen?

- counted: bigrams, and n-grams by Kneser-Ney; derived: a perceptron that learns by our own gradients;
- trained: networks, each after the same time, over five seeds; once: others with one seed;
- tuned: what each change of the decoder does, on the last 5 % of the text to train on; rates: of the rungs below it.
"""

from __future__ import annotations

import dataclasses
import time
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from capstan.study import Line, Measure, Study, Table, spread
from models.ladder import rungs
from models.ladder.learning import Plan, fit
from models.transformer.measures import losses
from pipelines.language_model import training
from pipelines.language_model.studies.compare import ladder

ROUNDS = 14  # of a case of the decoder
# Each case changes these.
FIRST: dict[str, Any] = {"grams": (2, 3, 4), "grams_dropout": 0.4, "dropout": 0.1, "decay": 0.1}
CASES: list[dict[str, Any]] = [
    {},
    {"grams": ()},
    {"grams": (2, 3)},
    {"grams": (2, 3, 4, 5, 6)},
    {"grams_dropout": 0.0},
    {"grams_dropout": 0.2},
    {"grams_dropout": 0.6},
    {"dropout": 0.0},
    {"dropout": 0.2},
    {"buckets": 2**12},
    {"buckets": 2**16},
    {"rate": 0.0015},
    {"rate": 0.006},
    {"decay": 0.5},
    {"batch": 8, "context": 256},
    {"width": 192},
    {"layers": 6},
    {"grams": (2, 3, 4, 5, 6), "grams_dropout": 0.2},
    {"grams": (2, 3, 4, 5, 6), "decay": 0.5},
    {"grams": (2, 3, 4, 5, 6), "decay": 0.5, "dropout": 0.0},
]
SIMPLER, RATES = ("perceptron", "RNN", "LSTM", "GRU"), (0.001, 0.003, 0.01, 0.03)


def counted(rung: str) -> Line:
    """Return the loss of counts."""
    return dict(rungs.counted(rung, *ladder.texts()))


def derived(rung: str) -> Line:
    """Return the loss of a perceptron that learns by our own gradients."""
    return ladder.by_autograd()


def trained(rung: str, minutes: float, seed: int) -> Line:
    """Return the loss of a network after some minutes."""
    return ladder.measured(rung, minutes, seed)


def once(part: str, rung: str, minutes: float, seed: int) -> Line:
    """Return the same, of a network with one seed."""
    return ladder.measured(rung, minutes, seed)


def tuned(case: str) -> Line:
    """Return the loss of a case of the decoder, and the seconds that it took to train."""
    learned, chosen_on = ladder.choosing()
    tried = FIRST | next(change for change in CASES if str(change) == case)
    fields = {field.name for field in dataclasses.fields(Plan)}
    plan = Plan(ROUNDS, **{name: value for name, value in tried.items() if name in fields})
    sizes = training.shape(**{name: value for name, value in tried.items() if name not in fields})
    start = time.monotonic()
    decoder = fit(sizes, learned, plan)
    seconds = round(time.monotonic() - start)
    nats = float(losses(decoder, chosen_on, sizes.context).mean())
    return {"nats": nats, "seconds": seconds, "weights": sum(values.numel() for values in decoder.parameters())}


def rates(case: str) -> Line:
    """Return the loss of a rung with a learning rate, after a minute."""
    name, _, rate = case.partition(", rate ")
    rung = ladder.RUNGS[name]
    rung = dataclasses.replace(rung, plan=dataclasses.replace(rung.plan, rate=float(rate)))
    return dict(rungs.trained(rung, *ladder.choosing(), seconds=60, seed=0, name=case))


def of_ladder(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the ladder."""
    lines = lines[lines["part"].isin(["counted", "derived", "trained"])]
    return lines.assign(minutes=lines["minutes"].map("{:g}".format).replace("nan", ""))


def of_choice(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the cases."""
    return lines[lines["part"].isin(["tuned", "rates"])]


STUDY = Study(
    measures=[
        Measure(counted, [{"rung": name} for name in ("bigrams", *rungs.ORDERS)], seeds=0),
        Measure(derived, [{"rung": "perceptron, our gradients"}], seeds=0),
        Measure(trained, [{"rung": name, "minutes": 3.0} for name in ("decoder", "nanoGPT's setting")]),
        Measure(
            once,
            [
                {"part": "trained", "rung": name, "minutes": minutes}
                for name, minutes in (
                    ("decoder", 1.0),
                    *((name, 3.0) for name in (*SIMPLER, "decoder without n-grams")),
                    ("decoder", 15.0),
                )
            ],
            seeds=1,
        ),
        Measure(tuned, [{"case": str(case)} for case in CASES], seeds=0),
        Measure(rates, [{"case": f"{name}, rate {rate}"} for name, rate in product(SIMPLER, RATES)], seeds=0),
    ],
    tables=[
        Table(
            {"rung": "rung", "minutes": "minutes"},
            {
                "nats per byte": lambda rows: spread(rows["nats"], middle="median"),
                "bits per byte": lambda rows: spread(rows["nats"], 1 / np.log(2), middle="median"),
                "seconds": lambda rows: spread(rows["seconds"], digits=0, middle="median"),
                "weights": lambda rows: "" if rows["weights"].isna().any() else f"{rows['weights'].median():,.0f}",
                "seeds": lambda rows: "" if rows["seed"].isna().any() else f"{rows['seed'].nunique()}",
            },
            rows=of_ladder,
        ),
        Table(
            {"the first choice, changed": "case"},
            {
                "nats per byte": lambda rows: spread(rows["nats"]),
                "weights": lambda rows: f"{rows['weights'].iloc[0]:,.0f}",
                "seconds": lambda rows: f"{rows['seconds'].iloc[0]:.0f}",
            },
            rows=of_choice,
        ),
    ],
)
