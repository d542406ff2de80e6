"""Distributed training: which way to share a training among workers is the fastest, and is the result the same?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most, on_few
from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks
from capstan.contract.resources import COMPUTE, Resources
from pipelines.distributed_training.schema import EXAMPLES, Actual, Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.distributed_training.model import NextByteModel

__all__ = ["Actual", "Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "I have more workers: which way to share a training is the fastest, and is the result the same?"
FAMILIES = ("torch",)
RESOURCES = Resources({"evaluate": COMPUTE})
CONTRACT_LIMIT = 0.0
OUTCOME = Outcome("binary", target="right", prediction="confidence")
CHECKS = Checks(rows_per_day=15)  # 600 texts are 40 days
# n-grams of the run itself are the bar, see `report.py`. What workers may lose is what the slack of a champion is.
THRESHOLDS = on_few(
    {
        "bits_per_byte": at_most(3.1, slack=0.022),
        "accuracy": at_least(0.4, slack=0.0055),
        "bits_lost": at_most(0.02),
    },
    units=60,
    times=4,
)


def load(data_dir: Path | None) -> Tables:
    """Return `lines` of plays: the first 90 % of the characters to train on, the others to test on."""
    from data_sets import plays as data

    lines = data.table(data_dir)
    return {"lines": lines[lines["newsgroup"] == data.PLAYS]}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the text."""
    from data_sets import plays as data

    return {data.FILE: data.path(data_dir)}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the lines of the two parts."""
    rows = tables["lines"]
    first = rows["part"] == "train"
    return {"lines": rows[first].drop(columns="part")}, {"lines": rows[~first].drop(columns="part")}


def train(
    tables: Tables,
    seed: int = 0,
    scheme: str = "data parallel",
    workers: int = 0,
    steps: int = 1_000,
    width: int = 128,
    layers: int = 4,
) -> NextByteModel:
    """Return a decoder that has learned. scheme: how workers share it. workers: Ray workers, 0 for this process."""
    from models.parallel.decoder_plan import DecoderPlan, sizes
    from pipelines.distributed_training import training

    plan = DecoderPlan(sizes(width, layers), steps=steps, seed=seed)
    return training.train(tables["lines"], plan, scheme, workers)


def evaluate(model: NextByteModel, tables: Tables) -> Evaluation:
    """Return the cost of a byte, compared with n-grams, and the loss of the workers, compared with one."""
    from pipelines.distributed_training import report

    return report.evaluate(model, tables["lines"])


def signals(model: NextByteModel, tables: Tables) -> pd.DataFrame:
    """Return how strange pieces of the test text are to the model, what it expects next, and whether that came."""
    from pipelines.distributed_training import watching

    return watching.of_text(model, tables["lines"])


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the length and the symbols of what was asked."""
    from pipelines.distributed_training import watching

    return watching.of_texts([*requests["text"]])


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three beginnings."""
    return [{"text": text} for text in EXAMPLES]
