"""How much is the served decoder worth, compared with n-grams of its own text?

On the whole text that tests it. A seed takes four minutes of processor time.
"""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged, spread
from capstan.study.protocol import Show
from data_sets.plays import to_bytes
from models.metrics import paired
from models.tokens.kneser_ney import KneserNey
from models.transformer.measures import by_block, losses_and_hits
from pipelines.distributed_training import task, training

if TYPE_CHECKING:
    from capstan.contract.capstone import Tables

ORDERS = (6, 5, 4, 2)  # the decoder is compared with the first


@cache
def parts() -> tuple[Tables, np.ndarray]:
    """Return the lines to train on, and the bytes of the text that tests."""
    past, test = task.split(task.load(settings().data_dir))
    return past, to_bytes(test["lines"])


@cache
def passages(order: int) -> np.ndarray:
    """Return the bits per byte of each passage by n-grams, shape (passages,)."""
    past, text = parts()
    learned = training.parts(past["lines"])[0].numpy()
    return by_block(-np.log2(KneserNey(learned, order, modified=False).chances(text)))


def decoder(seed: int) -> Line:
    """Return what the decoder is worth."""
    torch.set_num_threads(1)
    past, text = parts()
    begin = time.process_time()
    model = task.train(past, seed=seed)
    seconds = round(time.process_time() - begin)
    costs, hits = losses_and_hits(model.decoder, text, model.shape.context)
    bits = by_block(costs / np.log(2))
    found = paired.bootstrap(bits, passages(ORDERS[0]))
    return {
        "method": "decoder",
        "processor": seconds,
        "bits": float(bits.mean()),
        "accuracy": float(hits.mean()),
        "familiar": float((training.pieces(model.decoder, text) <= model.limit).mean()),
        "more": found["difference"],
        "more_low": found["low"],
        "more_high": found["high"],
    }


def grams(order: int) -> Line:
    """Return what Kneser-Ney n-grams are worth."""
    return {"method": f"{order}-grams, Kneser-Ney", "bits": float(passages(order).mean())}


def shown(name: str, scale: float, digits: int) -> Show:
    """Return what shows a field; it is empty where there is none."""
    return lambda rows: "" if rows[name].isna().all() else spread(rows[name], scale, digits)


MORE = ranged("more", 3, sign="+")
STUDY = Study(
    measures=[Measure(decoder, seeds=1), Measure(grams, [{"order": order} for order in ORDERS], seeds=0)],
    tables=[
        Table(
            {"method": "method"},
            {
                "bits per byte": shown("bits", 1, 3),
                "more than 6-grams": lambda rows: "" if rows["more"].isna().all() else MORE(rows),
                "right, %": shown("accuracy", 100, 1),
                "familiar pieces, %": shown("familiar", 100, 1),
                "processor s": shown("processor", 1, 0),
            },
        )
    ],
)
