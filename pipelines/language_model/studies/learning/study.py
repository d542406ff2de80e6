"""How does a network learn: which optimizer, which positions, and how does the loss fall with weights and bytes?

- optimizing: each optimizer after the same time, with five learning rates;
- places: ways to show the decoder where a byte is;
- fitted, checking: the law of loss over weights and bytes, and the size that a budget asks for.
"""

from __future__ import annotations

from itertools import product

import pandas as pd

from capstan.study import Measure, Study, Table, spread
from capstan.study.protocol import Show
from pipelines.language_model.studies.learning.optimizing import CASES, best, optimizing, rates
from pipelines.language_model.studies.learning.places import CONTEXT, KINDS, LONGER, places
from pipelines.language_model.studies.learning.scaling import (
    CHECKED,
    ROUNDS,
    SIZES,
    against_law,
    checking,
    fitted,
    numbers,
)


def nats(name: str) -> Show:
    """Return what shows a loss."""
    return lambda rows: spread(rows[name])


def after(length: int) -> Show:
    """Return what shows the loss after so many bytes."""
    return lambda rows: spread(rows.loc[rows["bytes"] == length, "nats"])


def lengths(rows: pd.DataFrame) -> dict[str, Show]:
    """Return a column for each number of bytes."""
    return {f"{length:,.0f} bytes": after(length) for length in sorted(rows["bytes"].unique())}


STEPS: dict[str, Show] = {
    "steps": lambda rows: spread(rows["steps"], digits=0),
    "seeds": lambda rows: f"{len(rows)}",
}
STUDY = Study(
    measures=[
        Measure(optimizing, CASES),
        Measure(places, [{"positions": kind} for kind in KINDS]),
        Measure(fitted, [{"size": size, "rounds": rounds} for rounds, size in product(ROUNDS, SIZES)]),
        Measure(checking, [{"part": "checked", "size": size, "rounds": rounds} for size, rounds in CHECKED.items()]),
    ],
    tables=[
        Table(
            {"optimizer": "optimizer", "seconds": "seconds"},
            {
                "nats per byte": nats("chosen_on"),
                "of the test text": nats("test"),
                "learning rate": rates,
                **STEPS,
            },
            "optimizing",
            best,
        ),
        Table(
            {"positions": "positions", "seconds": "seconds"},
            {f"{CONTEXT * times} bytes": nats(f"nats {times}") for times in LONGER} | STEPS,
            "places",
        ),
        Table(
            {"width x layers": "size", "weights": "weights"},
            lengths,
            "fitted",
            lambda lines: lines.assign(weights=lines["weights"].map("{:,.0f}".format)),
        ),
        Table(
            {"L = E + A / N^a + B / D^b": "number"},
            {
                "fitted": lambda rows: f"{rows['fitted'].iloc[0]:.3g}",
                "90 % of 100 resamplings": lambda rows: f"{rows['low'].iloc[0]:.3g} to {rows['high'].iloc[0]:.3g}",
            },
            rows=numbers,
        ),
        Table(
            {"width x layers": "size"},
            {
                "weights": lambda rows: f"{rows['weights'].iloc[0]:,.0f}",
                "bytes": lambda rows: f"{rows['bytes'].iloc[0]:,.0f}",
                "nats by the law": nats("law"),
                "nats": nats("nats"),
                "seconds": lambda rows: spread(rows["seconds"], digits=0),
            },
            rows=against_law,
        ),
    ],
    seeds=1,
)
