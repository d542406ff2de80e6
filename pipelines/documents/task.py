"""Documents: what is a document about, which names are in it, and what does it say?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most, on_few
from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks
from capstan.contract.resources import Limits
from models.encoder import minilm_weights
from pipelines.documents import data
from pipelines.documents.schema import EXAMPLE, Prediction, Request, contracts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.documents.model import DocumentsModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "What is a document about, which names are in it, and what does it say?"
FAMILIES = ("torch", "text", "files")
CONTRACT_LIMIT = 0.01
OUTCOME = Outcome("multiclass", target="posted", prediction="group")
CHECKS = Checks(time=None)
LIMITS = Limits(seconds=60)  # a long document takes seconds of a core, and a request may have many
# The slack is half of the interval of `capstan study documents spread`, that of names from studies/gate.
# The small run of the tests keeps the limits.
THRESHOLDS = on_few(
    {
        "log_loss": at_most(0.6, slack=0.03),
        "flagged": at_most(0.06, slack=0.005),
        "abstracts_flagged": at_least(0.65, slack=0.035),
        "entity_f1": at_least(0.42, slack=0.062),
        "rouge_1": at_least(39.5, slack=1.4),
        "rouge_2": at_least(21.0, slack=1.6),
        "abstract_rouge_1": at_least(37.5, slack=1.4),
    },
    units=3_000,
    times=5,
    limits={"log_loss": 1.2, "abstracts_flagged": 0.3, "entity_f1": 0.15}
    | {"rouge_1": 33.0, "rouge_2": 15.0, "abstract_rouge_1": 32.0},
)
LABEL_COLUMNS = {"messages": "group"}
WATCHED = 1_000  # messages that monitoring compares with
WEIGHTS = minilm_weights.WEIGHTS
Actual = str  # the newsgroup, or "none of these"


def load(data_dir: Path | None) -> Tables:
    """Return `messages`, `sentences` and `papers`, a row each."""
    return data.tables(data_dir)


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the paths of the files."""
    return data.files(data_dir)


def count(tables: Tables) -> dict[str, float]:
    """Return the number of rows of each table."""
    return {name: float(len(rows)) for name, rows in tables.items()}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the rows to train on, the parts "dev" among them, and those to test on, as their publishers divide them.

    The newsgroups are divided by date.
    """
    past: Tables = {}
    later: Tables = {}
    for name, rows in tables.items():
        test = rows["part"] == "test"
        for part, chosen in ((past, ~test), (later, test)):
            part[name] = rows[chosen].reset_index(drop=True)
    return past, later


def train(tables: Tables, weights: Mapping[str, Path], seed: int = 0) -> DocumentsModel:
    """Return the classifier of groups, the tagger of names and the rankers of summaries. seed: of the last two."""
    from pipelines.documents import training

    return training.fit(tables, weights, seed)


def evaluate(model: DocumentsModel, tables: Tables) -> Evaluation:
    """Return how well groups, names and summaries are found."""
    from pipelines.documents import report

    return report.evaluate(model, tables)


def signals(model: DocumentsModel, tables: Tables) -> pd.DataFrame:
    """Return what is watched of messages: the text, the group, the names, the summary and the label."""
    from pipelines.documents import watching

    rows = tables["messages"]
    rows = rows.sample(min(len(rows), WATCHED), random_state=0, ignore_index=True)
    texts = rows["text"].tolist()
    answers = model.predict_columns({"text": texts})
    own = watching.of_answers(texts, answers["entities"], answers["summary"])
    return watching.of_texts(texts).assign(**own, group=answers["group"], posted=rows["group"])


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return what is watched of the texts that were asked, and of their names and summaries."""
    from pipelines.documents import watching

    texts = requests["text"].tolist()
    own = watching.of_answers(texts, predictions["entities"].tolist(), predictions["summary"].tolist())
    return watching.of_texts(texts).assign(**own)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return a document that is made up, and an abstract."""
    return [{"text": text, "file": None} for text in (EXAMPLE, tables["papers"]["sentences"].iloc[0])]
