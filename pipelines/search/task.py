"""Search: which papers speak about a claim?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, on_few
from capstan.contract.checks import Checks
from capstan.contract.resources import Limits
from data_sets import scifact
from models.encoder.minilm_weights import WEIGHTS
from pipelines.search.schema import EXAMPLE, SHOWN, Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.search.model import SearchModel

__all__ = ["WEIGHTS", "Prediction", "Request", "contracts"]  # parts of the contract from other modules

TITLE = "Which papers speak about this claim, and why?"
FAMILIES = ("torch", "text", "files")
CONTRACT_LIMIT = 0.01
CHECKS = Checks(time=None, rows_per_day=10)  # 300 claims are a month
THRESHOLDS = on_few(
    {"ndcg": at_least(0.68, slack=0.017), "recall": at_least(0.9, slack=0.02)},
    units=150,
    times=2.5,
)
LIMITS = Limits(seconds=60)  # a query takes 0.02 s of a core, and a request may have thousands
Actual = str  # the key of the abstract that helped


def load(data_dir: Path | None) -> Tables:
    """Return `abstracts` and `claims`, a row each."""
    return scifact.tables(scifact.load(data_dir))


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the paths of the data's files."""
    return scifact.files(data_dir)


def count(tables: Tables) -> dict[str, float]:
    """Return the numbers of abstracts and claims."""
    return {name: len(rows) for name, rows in tables.items()}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the abstracts and the claims to train on, and the claims to test on, as BEIR divides them."""
    claims = tables["claims"]
    past, test = (claims[claims["part"] == part].reset_index(drop=True) for part in ("train", "test"))
    return {"abstracts": tables["abstracts"], "claims": past}, {"claims": test}


def train(tables: Tables, weights: dict[str, Path], seed: int = 0) -> SearchModel:
    """Return the index and the vectors of the abstracts. Nothing is drawn: the seed has no effect."""
    from pipelines.search import training
    from pipelines.search.ranking import CHOSEN

    return training.fit(tables["abstracts"], weights, CHOSEN)


def evaluate(model: SearchModel, tables: Tables) -> Evaluation:
    """Return how well the abstracts of claims are found, compared with BM25."""
    from pipelines.search import report

    return report.evaluate(model, tables["claims"])


def signals(model: SearchModel, tables: Tables) -> pd.DataFrame:
    """Return what is watched of each claim: its length, the words that are known, how near the first abstract is."""
    import pandas as pd

    texts = tables["claims"]["text"].tolist()
    none = [None] * len(texts)
    columns = {"query": texts, "count": [1] * len(texts), "design": none, "organism": none, "answer": none}
    answers = model.predict_columns(columns)
    return pd.DataFrame({"length": list(map(len, texts)), "known": answers["known"], "nearest": answers["nearest"]})


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the length of what was asked."""
    import pandas as pd

    return pd.DataFrame({"length": requests["query"].str.len()})


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return a query with signs, and two claims."""
    claims = tables["claims"]["text"].head(2)
    rest = {"count": SHOWN, "design": None, "organism": None, "answer": True}
    return [{"query": text} | rest for text in (EXAMPLE, *claims)]
