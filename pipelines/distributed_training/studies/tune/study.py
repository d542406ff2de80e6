"""Which learning rate does the decoder get?

On the bytes that are held out of the text to train on. A decoder of the served size learns for half as many steps as
the served one. No byte of the test text is read.
"""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import torch

from capstan.settings import settings
from capstan.study import Choices, Line, Measure, Study, Table, spread
from models.parallel.decoder_plan import DecoderPlan
from models.parallel.learning import learn
from models.parallel.schemes.single import Single
from models.parallel.workers import Workers
from models.transformer.decoder import opened
from models.transformer.measures import losses
from pipelines.distributed_training import task, training

STEPS = 500
FAMILIES = Choices({"decoder": (DecoderPlan, {"rate": (0.003, 0.006, 0.0015)})}, score="bits", lowest=True)


@cache
def text() -> tuple[torch.Tensor, np.ndarray]:
    """Return the bytes to learn from, and those that are held out."""
    past, _ = task.split(task.load(settings().data_dir))
    return training.parts(past["lines"])


def score(family: str, setting: str, seed: int) -> Line:
    """Return the bits per byte of the text that is held out, and the processor seconds of the training."""
    torch.set_num_threads(1)
    learned, rest = text()
    plan = DecoderPlan(steps=STEPS, seed=seed, **FAMILIES.setting(family, setting))
    begin = time.process_time()
    trained = learn(Single, plan, learned, Workers())
    seconds = time.process_time() - begin
    bits = losses(opened(plan.shape, trained.weights), rest, plan.shape.context).mean() / np.log(2)
    return {"bits": float(bits), "processor": round(seconds)}


STUDY = Study(
    measures=[Measure(score, FAMILIES.cases(), seeds=1)],
    tables=[
        Table(
            {"learning": "setting"},
            {
                "bits per byte": lambda rows: spread(rows["bits"]),
                "processor s": lambda rows: spread(rows["processor"], digits=0),
            },
        )
    ],
    seeds=1,
)
