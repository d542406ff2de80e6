"""A language model: a decoder over bytes, from the first weight to streamed text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most, on_few
from capstan.contract.checks import Checks
from capstan.contract.resources import COMPUTE, Limits, Resources
from pipelines.language_model.schema import Prediction, Request

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.language_model.model import LanguageModel

__all__ = ["Prediction", "Request"]  # parts of the contract from another module

TITLE = "How does the play go on?"
FAMILIES = ("torch",)
RESOURCES = Resources({"evaluate": COMPUTE})
LIMITS = Limits(seconds=60, streams=32)
CONTRACT_LIMIT = 0.0
CHECKS = Checks(rows_per_day=15)  # 600 speeches are 40 days
# Draws of the passages of a full run give 2.10 to 2.21 bits per byte, and accuracies of 0.549 to 0.568.
THRESHOLDS = on_few(
    {"bits_per_byte": at_most(2.25, slack=0.02), "accuracy": at_least(0.54, slack=0.005)},
    units=60,
    limits={"bits_per_byte": 3.1, "accuracy": 0.4},
)


def load(data_dir: Path | None) -> Tables:
    """Return `lines` of plays: the first 90 % of the characters to train on, the others to test on. And of voices."""
    from data_sets import plays as data

    return {"lines": data.table(data_dir)}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the text, and of the messages where they are here."""
    from data_sets import plays as data

    return data.files(data_dir)


def contracts() -> dict[str, pa.DataFrameSchema]:
    """Return what a line is."""
    import pandera.pandas as pa

    columns = {
        "text": pa.Column(str, pa.Check.str_length(min_value=1)),
        "part": pa.Column(str, pa.Check.isin(["train", "test"])),
        "newsgroup": pa.Column(str),
    }
    return {"lines": pa.DataFrameSchema(columns, strict=True)}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the lines of the two parts."""
    rows = tables["lines"]
    first = rows["part"] == "train"
    return {"lines": rows[first].drop(columns="part")}, {"lines": rows[~first].drop(columns="part")}


def train(
    tables: Tables,
    seed: int = 0,
    rounds: int = 20,
    width: int = 128,
    layers: int = 4,
    voice_steps: int = 0,
) -> LanguageModel:
    """Return a decoder that has learned. rounds: of 100 steps.

    voice_steps: those in which an adapter learns each newsgroup; 0 for no adapters.
    """
    from models.ladder.learning import Plan
    from pipelines.language_model import training

    plan = Plan(rounds, seed=seed)
    return training.train(tables["lines"], training.shape(width, layers), plan, voice_steps)


def evaluate(model: LanguageModel, tables: Tables) -> Evaluation:
    """Return what a byte costs, compared with n-grams, and what the model makes of a beginning."""
    from pipelines.language_model import report

    return report.evaluate(model, tables["lines"])


def signals(model: LanguageModel, tables: Tables) -> pd.DataFrame:
    """Return how strange speeches of the test text are to the model, and how its texts repeat themselves."""
    from pipelines.language_model import watching

    return watching.of_speeches(model, tables["lines"])


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame, model: LanguageModel) -> pd.DataFrame:
    """Return the same of what was asked and answered."""
    from pipelines.language_model import watching

    return watching.of_log(model, requests, predictions)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return the beginnings of three plays."""
    return [{"prompt": f"{name}:\n", "max_tokens": 100, "seed": 1} for name in ("ROMEO", "GREMIO", "KATHARINA")]
