"""The loss over weights and bytes, and the size that a budget asks for: sizes of the decoder without n-grams.

Each learns to the end of its own schedule. A budget of floating point operations, about 6 N D, then asks for a size; it
and its neighbours learn for that budget, and are not in the fit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from capstan.study import Line
from models.ladder import learning
from models.ladder.rungs import Rung, busy
from models.learning.scaling_law import Law
from models.learning.scaling_law import fitted as fit
from models.transformer.measures import losses
from pipelines.language_model.studies.compare import ladder
from pipelines.language_model.studies.compare.ladder import decoder

SIZES = {
    "16 x 1": (16, 1),
    "24 x 2": (24, 2),
    "32 x 2": (32, 2),
    "48 x 3": (48, 3),
    "64 x 4": (64, 4),
    "96 x 4": (96, 4),
}
ROUNDS = (2, 6, 18)  # of 100 steps
CONTEXT, BATCH = 64, 16
BYTES = learning.ROUND * BATCH * CONTEXT  # of a round
FLOPS = 2e12  # of the budget that is checked
CHECKED = {"32 x 2": 97, "48 x 3": 34, "64 x 4": 15}  # what the law asks for with it: see `checked`
RESAMPLED = 100


def law(lines: pd.DataFrame, begin: Law | None = None) -> Law:
    """Return the law of the lines that are to be fitted."""
    rows = lines[lines["part"] == "fitted"]
    weights, learned, nats = (rows[name].to_numpy(float) for name in ("weights", "bytes", "nats"))
    return fit(weights, learned, nats, begin)


def resampled(lines: pd.DataFrame, whole: Law, times: int = RESAMPLED) -> list[Law]:
    """Return the laws of lines drawn with replacement: how far the numbers are known."""
    rows, random = lines[lines["part"] == "fitted"], np.random.default_rng(0)
    some = (rows.iloc[random.integers(len(rows), size=len(rows))] for _ in range(times))
    return [law(drawn, begin=whole) for drawn in some]


def rung(size: str) -> Rung:
    """Return the decoder of a size."""
    width, layers = SIZES[size]
    own = decoder(width=width, layers=layers, heads=max(1, width // 16), context=CONTEXT, grams=())
    return replace(own, plan=replace(own.plan, batch=BATCH, decay=0.1))


def count(size: str) -> int:
    """Return the weights of a size, embeddings too: they are the output layer as well."""
    return sum(values.numel() for values in rung(size).make().parameters())


def trained(size: str, rounds: int, seed: int, known: torch.Tensor, chosen_on: np.ndarray) -> Line:
    """Return the loss of a size after some rounds."""
    own = rung(size)
    torch.manual_seed(seed)
    network, start = own.make(), busy()
    plan = replace(own.plan, rounds=rounds, seed=seed)
    learning.learn(network, own.context, known, plan, f"scaling {size}")
    seconds, nats = busy() - start, float(losses(network, chosen_on, own.context).mean())
    return {"weights": count(size), "bytes": rounds * BYTES, "nats": nats, "seconds": seconds}


def checked(whole: Law, flops: float) -> dict[str, int]:
    """Return the size that is nearest to what a budget asks for, and its neighbours, each with its rounds."""
    names = list(SIZES)
    far = [abs(np.log(count(name) / whole.weights(flops))) for name in names]
    middle = min(max(int(np.argmin(far)), 1), len(names) - 2)
    return {name: max(1, round(flops / (6 * count(name) * BYTES))) for name in names[middle - 1 : middle + 2]}


def fitted(size: str, rounds: int, seed: int) -> Line:
    """Return the loss of a size that the law is fitted to."""
    torch.set_num_threads(1)
    return trained(size, rounds, seed, *ladder.choosing())


def checking(part: str, size: str, rounds: int, seed: int) -> Line:
    """Return the loss of a size that checks the law."""
    return fitted(size, rounds, seed)


def numbers(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of the law, with the interval of 90 % of the resamplings."""
    whole = law(lines)
    laws = resampled(lines, whole)
    rows = []
    for title, name in {"E": "e", "A": "big_a", "B": "big_b", "a": "a", "b": "b"}.items():
        low, high = np.percentile([getattr(refitted, name) for refitted in laws], [5, 95])
        rows.append({"number": title, "fitted": getattr(whole, name), "low": low, "high": high})
    return pd.DataFrame(rows)


def against_law(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines that check the law, with what it says of them."""
    last = lines[lines["part"] == "checked"]
    return last.assign(law=law(lines).loss(last["weights"], last["bytes"]))
