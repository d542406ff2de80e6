"""`python -m pipelines.distributed_training.tune`: the learning rate of the decoder, on the bytes that are held out.

Writes `tune.json` beside this file. A decoder of the served size learns for half as many steps as the one that is
served, which takes two minutes of processor time. No byte of the test text is read.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from capstan.settings import settings
from models.parallel.decoder_plan import DecoderPlan
from models.parallel.learning import learn
from models.parallel.schemes.single import Single
from models.parallel.workers import Workers
from models.study import Line, Study, markdown, options, spread
from models.transformer.decoder import opened
from models.transformer.measures import losses
from models.tuning import Families, Setting
from pipelines.distributed_training import task, training

FOLDER = Path(__file__).parent
STEPS = 500
FAMILIES = Families({"decoder": (DecoderPlan, {"rate": (0.003, 0.006, 0.0015)})}, score="bits", lowest=True)


def measured(setting: Setting, seed: int, text: torch.Tensor, rest: np.ndarray) -> Line:
    """Return the bits per byte of the text that is held out, and the processor seconds of the training."""
    plan, begin = DecoderPlan(steps=STEPS, seed=seed, **setting), time.process_time()
    trained = learn(Single, plan, text, Workers())
    seconds = time.process_time() - begin
    bits = losses(opened(plan.shape, trained.weights), rest, plan.shape.context).mean() / np.log(2)
    return {"bits": float(bits), "processor": round(seconds)}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: what a byte costs after each rate."""
    shown = {
        "bits per byte": lambda rows: spread(rows["bits"]),
        "processor s": lambda rows: spread(rows["processor"], digits=0),
    }
    return markdown(results, {"learning": "setting"}, shown)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    torch.set_num_threads(1)
    past, _ = task.split(task.load(settings().data_dir))
    text, rest = training.parts(past["lines"])
    FAMILIES.measure(study, given.seeds, lambda _, setting, seed: measured(setting, seed, text, rest))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
