"""What a run shows of a model: groups, names and summaries compared with the baselines, and the two cards.

The three parts are measured on different things: messages, sentences and abstracts. All are rows of one table, in
which a metric varies over the rows of its own part alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import classes, paired
from models.metrics.joined import joined
from models.tagging.names import entities, hits
from models.tagging.taggers import Read
from models.text import extractive_summary
from pipelines.documents import cards, training
from pipelines.documents.model import first

if TYPE_CHECKING:
    from models.text.topic_svc import TopicSVC
    from models.text.topic_tree import Tree
    from pipelines.documents.model import DocumentsModel

COMPARED = ("log_loss", "entity_f1", "rouge_1", "rouge_2", "abstract_rouge_1")
SIMPLE = "logistic regression, tokens by themselves, the first sentence"
STYLE = "a ranker that learned from the summaries of other abstracts"
WORST = 10


def evaluate(model: DocumentsModel, tables: dict[str, pd.DataFrame]) -> Evaluation:
    """Return the metrics on texts that were not learned from, and the sections of the report."""
    texts, names = training.topics(tables["messages"])
    tokens, tags = training.tagged(tables["sentences"])
    lines, references, titles = training.papers(tables["papers"])
    numbers = np.array([model.groups.names.index(name) for name in names])
    probabilities, summaries = model.groups.probabilities(texts), model.summaries(lines, titles)
    tagged = [found for found, _ in model.tags(tokens)]
    # The title alone is a good summary, so abstracts are summed up without it, too.
    untitled = model.summaries(lines, [""] * len(lines))
    of_none = {"flagged": model.outside(texts).astype(float)}
    of_other = {"abstracts_flagged": model.outside(tables["papers"]["sentences"].tolist()).astype(float)}
    own = [
        of_groups(model.groups, probabilities, names) | of_none,
        of_names(tags, tagged),
        of_summaries(summaries, references) | of_summaries(untitled, references, "abstract_") | of_other,
    ]
    baselines = [
        of_groups(model.baseline_topics, model.baseline_topics.probabilities(texts), names),
        of_names(tags, model.baseline_tagger.predict(Read(tokens, training.NO_VECTORS))),
        of_summaries(first(lines), references) | of_summaries(first(lines), references, "abstract_"),
    ]
    metrics = {name: float(column.mean()) for part in own for name, column in part.items()}
    metrics |= {f"{name}_of_simple": float(column.mean()) for part in baselines for name, column in part.items()}
    # A ranker that learned from the summaries of other abstracts beats the first sentence: by their style alone.
    style = of_summaries(model.style_ranker.best(lines, titles), references)
    metrics |= {f"{name}_of_style": float(style[name].mean()) for name in ("rouge_1", "rouge_2")}
    title = of_summaries(titles, references)
    metrics |= {f"{name}_of_title": float(title[name].mean()) for name in ("rouge_1", "rouge_2")}
    metrics["calibration_error"] = classes.score(numbers, probabilities)["calibration_error"]
    sections = [
        Section("Newsgroups", classes.by_class(numbers, probabilities.argmax(axis=1), model.groups.names, "group")),
        Section("Names, by kind", by_kind(tags, tagged)),
        Section("Summaries farthest from their references", farthest(summaries, references)),
        *cards.sections(tables, metrics),
    ]
    units_of_style = joined([*baselines[:2], style])[["rouge_2"]]
    compared = {SIMPLE: joined(baselines)[[*COMPARED]], STYLE: units_of_style}
    return Evaluation(metrics, sections, joined(own), compared)


def of_groups(model: TopicSVC | Tree, probabilities: np.ndarray, names: list[str]) -> dict[str, np.ndarray]:
    """Return accuracy of the group and of its first branch, and log loss, a value per message, shapes (n,)."""
    chosen = probabilities.argmax(axis=1)
    true = np.array([model.names.index(name) for name in names])
    branches = np.array([name.split(".")[0] for name in model.names])
    likely = np.clip(probabilities[np.arange(len(true)), true], np.finfo(float).eps, 1)
    return {
        "accuracy": (chosen == true).astype(float),
        "branch_accuracy": (branches[chosen] == branches[true]).astype(float),
        "log_loss": -np.log(likely),
    }


def of_names(tags: list[list[str]], tagged: list[list[str]]) -> dict[str, np.ndarray]:
    """Return F1, precision and recall of names as a value per sentence, whose mean it is, shapes (n,)."""
    right, predicted, true = hits(tags, tagged).T
    return {
        "entity_f1": _ratio(2 * right, predicted + true),
        "entity_precision": _ratio(right, predicted),
        "entity_recall": _ratio(right, true),
    }


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return paired.ratio(above, below) if below.any() else np.zeros(len(above))


def of_summaries(summaries: list[str], references: list[list[str]], begin: str = "") -> dict[str, np.ndarray]:
    """Return ROUGE of each summary, in percent, shapes (n,). begin: of the names."""
    names = [f"{begin}{name}" for name in ("rouge_1", "rouge_2", "rouge_l")]
    return dict(zip(names, 100 * extractive_summary.scored(summaries, references).T, strict=True))


def by_kind(tags: list[list[str]], tagged: list[list[str]]) -> pd.DataFrame:
    """Return precision, recall and F1 of each kind of name."""
    kinds = sorted({name.kind for sentence in (*tags, *tagged) for name in entities(sentence)})
    lines = []
    for kind in kinds:
        only = [
            [[tag if tag[2:] == kind else "O" for tag in sentence] for sentence in sentences]
            for sentences in (tags, tagged)
        ]
        right, predicted, true = hits(*only).sum(axis=0)
        shares = right / max(predicted, 1), right / max(true, 1), 2 * right / max(predicted + true, 1)
        lines.append([kind, int(true), int(predicted), *(round(share, 3) for share in shares)])
    return pd.DataFrame(lines, columns=["kind", "in the texts", "found", "precision", "recall", "F1"])


def farthest(summaries: list[str], references: list[list[str]]) -> pd.DataFrame:
    """Return the summaries with the least ROUGE-1, and their first reference."""
    rouge_1 = 100 * extractive_summary.scored(summaries, references)[:, 0]
    first_references = [texts[0] for texts in references]
    frame = pd.DataFrame({"ROUGE-1": rouge_1.round(1), "summary": summaries, "reference": first_references})
    return frame.sort_values("ROUGE-1", kind="stable").head(WORST)
