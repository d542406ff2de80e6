"""What a run shows of a model: groups, names and summaries compared with the baselines, and the two cards.

The three parts are measured on different things: messages, sentences and abstracts. All are units of one table, in
which a metric moves with those of its own part alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import classes, paired
from models.tagging.names import entities, hits
from models.tagging.taggers import Read
from models.text import extractive_summary
from pipelines.documents import cards, training
from pipelines.documents.model import first

if TYPE_CHECKING:
    from models.text.topic_tree import Tree
    from pipelines.documents.model import DocumentsModel

COMPARED = ("log_loss", "entity_f1", "rouge_1", "rouge_2", "abstract_rouge_1")
SIMPLE = "words, tokens by themselves, the first sentence"
STYLE = "a ranker that learned from the summaries of other abstracts"
WORST = 10


def evaluate(model: DocumentsModel, tables: dict[str, pd.DataFrame]) -> Evaluation:
    """Return the metrics on texts that were not learned from, and the sections of the report."""
    texts, names = training.topics(tables["messages"])
    tokens, tags = training.tagged(tables["sentences"])
    lines, references, titles = training.papers(tables["papers"])
    numbers = np.array([model.groups.names.index(name) for name in names])
    probabilities, made = model.groups.probabilities(texts), model.summaries(lines, titles)
    tagged = [one for one, _ in model.tags(tokens)]
    # Who has learned nothing but to take the title still does well: so the abstract alone is summed up, too.
    alone = model.summaries(lines, [""] * len(lines))
    own = [
        of_groups(model.groups, probabilities, names),
        of_names(tags, tagged),
        of_summaries(made, references) | of_summaries(alone, references, "abstract_"),
    ]
    simple = [
        of_groups(model.simple, model.simple.probabilities(texts), names),
        of_names(tags, model.alone.predict(Read(tokens, training.NONE))),
        of_summaries(first(lines), references) | of_summaries(first(lines), references, "abstract_"),
    ]
    metrics = {name: float(column.mean()) for part in own for name, column in part.items()}
    metrics |= {f"{name}_of_simple": float(column.mean()) for part in simple for name, column in part.items()}
    # What learned from the summaries of other abstracts is better than the first sentence: by their style alone.
    styled = of_summaries(model.styled.best(lines, titles), references)
    metrics |= {f"{name}_of_style": float(styled[name].mean()) for name in ("rouge_1", "rouge_2")}
    named = of_summaries(titles, references)
    metrics |= {f"{name}_of_title": float(named[name].mean()) for name in ("rouge_1", "rouge_2")}
    metrics["calibration_error"] = classes.score(numbers, probabilities)["calibration_error"]
    sections = [
        Section("Newsgroups", classes.by_class(numbers, probabilities.argmax(axis=1), model.groups.names, "group")),
        Section("Names, by kind", by_kind(tags, tagged)),
        Section("Summaries farthest from their references", farthest(made, references)),
        *cards.sections(tables, metrics),
    ]
    units, baseline = (joined(one) for one in (own, simple))
    style = joined([*simple[:2], styled])
    return Evaluation(metrics, sections, units, {SIMPLE: baseline[[*COMPARED]], STYLE: style[["rouge_2"]]})


def of_groups(model: Tree, probabilities: np.ndarray, names: list[str]) -> dict[str, np.ndarray]:
    """Return accuracy of the group and of its first branch, and log loss, a value per message, shapes (n,)."""
    at = probabilities.argmax(axis=1)
    true = np.array([model.names.index(name) for name in names])
    branches = np.array([name.split(".")[0] for name in model.names])
    likely = np.clip(probabilities[np.arange(len(true)), true], np.finfo(float).eps, 1)
    return {
        "accuracy": (at == true).astype(float),
        "branch_accuracy": (branches[at] == branches[true]).astype(float),
        "log_loss": -np.log(likely),
    }


def of_names(tags: list[list[str]], tagged: list[list[str]]) -> dict[str, np.ndarray]:
    """Return F1, precision and recall of names as a value per sentence, whose mean it is, shapes (n,)."""
    right, said, there = hits(tags, tagged).T
    return {
        "entity_f1": _ratio(2 * right, said + there),
        "entity_precision": _ratio(right, said),
        "entity_recall": _ratio(right, there),
    }


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return paired.ratio(above, below) if below.any() else np.zeros(len(above))


def of_summaries(made: list[str], references: list[list[str]], begin: str = "") -> dict[str, np.ndarray]:
    """Return ROUGE of each summary, in percent, shapes (n,). begin: of the names."""
    names = [f"{begin}{name}" for name in ("rouge_1", "rouge_2", "rouge_l")]
    return dict(zip(names, 100 * extractive_summary.scored(made, references).T, strict=True))


def joined(parts: Sequence[dict[str, np.ndarray]]) -> pd.DataFrame:
    """Return a row per unit of all parts. A column is at its mean where the unit is of another part.

    Its deviations are stretched, so that the mean of all rows varies as the mean of its own rows does.
    """
    sizes = [len(next(iter(part.values()))) for part in parts]
    total = sum(sizes)
    made: dict[str, np.ndarray] = {}
    for part, start, size in zip(parts, np.cumsum([0, *sizes]).tolist(), sizes, strict=False):
        for name, column in part.items():
            made[name] = np.full(total, column.mean())
            made[name][start : start + size] += (column - column.mean()) * total / size
    return pd.DataFrame(made)


def by_kind(tags: list[list[str]], tagged: list[list[str]]) -> pd.DataFrame:
    """Return precision, recall and F1 of each kind of name."""
    kinds = sorted({one.kind for each in (*tags, *tagged) for one in entities(each)})
    lines = []
    for kind in kinds:
        only = [[[tag if tag[2:] == kind else "O" for tag in one] for one in each] for each in (tags, tagged)]
        right, said, there = hits(*only).sum(axis=0)
        shares = right / max(said, 1), right / max(there, 1), 2 * right / max(said + there, 1)
        lines.append([kind, int(there), int(said), *(round(share, 3) for share in shares)])
    return pd.DataFrame(lines, columns=["kind", "there", "said", "precision", "recall", "F1"])


def farthest(made: list[str], references: list[list[str]]) -> pd.DataFrame:
    """Return the summaries with the least ROUGE-1, and their first reference."""
    rouge_1 = 100 * extractive_summary.scored(made, references)[:, 0]
    frame = pd.DataFrame({"ROUGE-1": rouge_1.round(1), "summary": made, "reference": [one[0] for one in references]})
    return frame.sort_values("ROUGE-1", kind="stable").head(WORST)
