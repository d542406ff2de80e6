"""`python -m pipelines.language_model.scaling`: the loss over weights and bytes, and the size that a budget asks for.

Six sizes of the decoder without n-grams learn from three numbers of bytes each, each to the end of its own schedule.
L = E + A / N^a + B / D^b is fitted to their losses on the last 5 % of the text to train on: Hoffmann et al., "Training
Compute-Optimal Large Language Models" (2022), section 3.3 and D.2. A budget of floating point operations, about 6 N D,
then asks for a size; it and its neighbours learn for that budget, and are not in the fit.

It writes `scaling.json` into the folder that it is given, and prints the tables. Lines have a `part`, "fitted" or
"checked".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.optimize import minimize
from scipy.special import logsumexp

from capstan.errors import CapstanError
from models.study import Line, Study, markdown, options, spread
from models.transformer.measures import losses
from pipelines.language_model import training
from pipelines.language_model.compare import texts
from pipelines.language_model.ladder.rungs import Rung, busy, decoder
from pipelines.language_model.optimizing import CHOSEN_ON

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
BYTES = training.ROUND * BATCH * CONTEXT  # of a round
FLOPS = 2e12  # of the budget that is checked
HUBER = 1e-3
RESAMPLED = 100


@dataclass(frozen=True)
class Law:
    """L = E + A / N^a + B / D^b, in nats per byte. N: weights. D: bytes learned from."""

    e: float
    big_a: float
    big_b: float
    a: float
    b: float

    def loss(self, weights: Any, learned: Any) -> Any:
        """Return the loss of so many weights after so many bytes."""
        return self.e + self.big_a / weights**self.a + self.big_b / learned**self.b

    def weights(self, flops: float) -> float:
        """Return the number of weights whose loss is lowest for a budget of 6 N D operations: equation 4."""
        ratio = (self.a * self.big_a / (self.b * self.big_b)) ** (1 / (self.a + self.b))
        return float(ratio * (flops / 6) ** (self.b / (self.a + self.b)))


def fitted(weights: np.ndarray, learned: np.ndarray, nats: np.ndarray, begin: Law | None = None) -> Law:
    """Return the law of some losses: the least Huber loss of the logarithm, from many beginnings. Shapes (n,).

    Raises CapstanError for fewer losses than the law has numbers.
    """
    if len(np.unique(np.stack([weights, learned]), axis=1).T) < 5:
        raise CapstanError("The law has five numbers: measure at least five sizes and lengths.")
    sizes, lengths = np.log(weights), np.log(learned)
    middles = sizes.mean(), lengths.mean()  # a and A hardly depend on each other when sizes are counted from here
    sizes, lengths = sizes - middles[0], lengths - middles[1]

    def wrong(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        e, big_a, big_b, a, b = numbers
        terms = np.stack([np.full_like(sizes, e), big_a - a * sizes, big_b - b * lengths])
        made = logsumexp(terms, axis=0)
        far = made - np.log(nats)
        huber = np.where(np.abs(far) < HUBER, far**2 / (2 * HUBER), np.abs(far) - HUBER / 2).sum()
        slopes = np.clip(far / HUBER, -1, 1) * np.exp(terms - made)
        return float(huber), np.array([*slopes.sum(1), -slopes[1] @ sizes, -slopes[2] @ lengths])

    begins: Iterable[Any] = product((-1.0, 0.5), (-2.0, 0.0), (-2.0, 0.0), (0.2, 0.8), (0.2, 0.8))
    if begin:
        logs = np.log([begin.e, begin.big_a, begin.big_b])
        begins = [np.array([logs[0], logs[1] - begin.a * middles[0], logs[2] - begin.b * middles[1], begin.a, begin.b])]
    bounds = [(-5, 2)] * 3 + [(0.01, 3)] * 2
    tries = [minimize(wrong, first, jac=True, method="L-BFGS-B", bounds=bounds) for first in begins]
    e, big_a, big_b, a, b = min(tries, key=lambda one: one.fun).x
    factors = np.exp(e), np.exp(big_a + a * middles[0]), np.exp(big_b + b * middles[1])
    return Law(*factors, a, b)


def law(lines: pd.DataFrame, begin: Law | None = None) -> Law:
    """Return the law of the lines that are to be fitted."""
    rows = lines[lines["part"] == "fitted"]
    weights, learned, nats = (rows[name].to_numpy(float) for name in ("weights", "bytes", "nats"))
    return fitted(weights, learned, nats, begin)


def resampled(lines: pd.DataFrame, whole: Law, times: int = RESAMPLED) -> list[Law]:
    """Return the laws of lines drawn with replacement: how far the numbers are known."""
    rows, random = lines[lines["part"] == "fitted"], np.random.default_rng(0)
    some = (rows.iloc[random.integers(len(rows), size=len(rows))] for _ in range(times))
    return [law(drawn, begin=whole) for drawn in some]


def rung(size: str) -> Rung:
    """Return the decoder of a size."""
    width, layers = SIZES[size]
    made = decoder(width=width, layers=layers, heads=max(1, width // 16), context=CONTEXT, grams=())
    return replace(made, plan=replace(made.plan, batch=BATCH, decay=0.1))


def count(size: str) -> int:
    """Return the weights of a size, embeddings too: they are the output layer as well."""
    return sum(values.numel() for values in rung(size).make().parameters())


def trained(size: str, rounds: int, seed: int, known: torch.Tensor, chosen_on: np.ndarray) -> Line:
    """Return the loss of a size after some rounds."""
    made = rung(size)
    torch.manual_seed(seed)
    network, start = made.make(), busy()
    plan = replace(made.plan, rounds=rounds, seed=seed)
    training.learn(network, made.context, known, plan, f"scaling {size}")
    seconds, nats = busy() - start, float(losses(network, chosen_on, made.context).mean())
    return {"weights": count(size), "bytes": rounds * BYTES, "nats": nats, "seconds": seconds}


def checked(whole: Law, flops: float) -> dict[str, int]:
    """Return the size that is nearest to what a budget asks for, and its neighbours, each with its rounds."""
    names = list(SIZES)
    far = [abs(np.log(count(name) / whole.weights(flops))) for name in names]
    middle = min(max(int(np.argmin(far)), 1), len(names) - 2)
    return {name: max(1, round(flops / (6 * count(name) * BYTES))) for name in names[middle - 1 : middle + 2]}


def measure(study: Study, flops: float, seeds: int) -> None:
    """Add what is not measured yet: the losses to fit, then those that check the fit."""
    text, _ = texts()
    end = int((1 - CHOSEN_ON) * len(text))
    parts = torch.from_numpy(text[:end].copy()), text[end:]

    def add(part: str, size: str, rounds: int, seed: int) -> None:
        key = {"part": part, "size": size, "rounds": rounds, "seed": seed}
        if not study.has(**key):
            study.add(key | trained(size, rounds, seed, *parts))

    for seed, rounds, size in product(range(seeds), ROUNDS, SIZES):
        add("fitted", size, rounds, seed)
    for seed, (size, rounds) in product(range(seeds), checked(law(study.table()), flops).items()):
        add("checked", size, rounds, seed)


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README: the losses, the law with intervals, and what a budget asks for."""
    whole = law(results)
    laws = resampled(results, whole)
    first = results[results["part"] == "fitted"].assign(weights=lambda rows: rows["weights"].map("{:,}".format))
    lengths = sorted(first["bytes"].unique())

    def nats(length: int) -> Any:
        return lambda rows: spread(rows.loc[rows["bytes"] == length, "nats"])

    losses_of = markdown(
        first,
        {"width x layers": "size", "weights": "weights"},
        {f"{length:,} bytes": nats(length) for length in lengths},
    )
    names = {"E": "e", "A": "big_a", "B": "big_b", "a": "a", "b": "b"}
    numbers = ["| | fitted | 90 % of 100 resamplings |", "| --- | ---: | ---: |"]
    for title, name in names.items():
        low, high = np.percentile([getattr(one, name) for one in laws], [5, 95])
        numbers.append(f"| {title} | {getattr(whole, name):.3g} | {low:.3g} to {high:.3g} |")
    last = results[results["part"] == "checked"]
    shown = {
        "weights": lambda rows: f"{rows['weights'].iloc[0]:,}",
        "bytes": lambda rows: f"{rows['bytes'].iloc[0]:,}",
        "nats by the law": lambda rows: f"{whole.loss(rows['weights'].iloc[0], rows['bytes'].iloc[0]):.3f}",
        "nats": lambda rows: spread(rows["nats"]),
        "seconds": lambda rows: spread(rows["seconds"], digits=0),
    }
    return "\n\n".join([losses_of, "\n".join(numbers), markdown(last, {"width x layers": "size"}, shown)])


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--flops", type=float, default=FLOPS, help="the budget that is checked")
    given = parser.parse_args()
    torch.set_num_threads(1)
    study = Study(given.out / "scaling.json", ["part", "size", "rounds", "seed"])
    measure(study, given.flops, given.seeds)
    whole = law(study.table())
    print(f"{given.flops:.2g} operations ask for {whole.weights(given.flops):,.0f} weights.\n\n{tables(study.table())}")


if __name__ == "__main__":
    main()
