"""Which settings do the groups and the summaries get, chosen on texts to train on alone?

Groups are judged by minus the log loss on a random quarter of the messages to train on, summaries by the mean of
ROUGE-1 and ROUGE-2 on the part "dev", with the title. What tests the model has no part in it.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np

from capstan.settings import settings
from capstan.study import Choices, Line, Measure, Study
from models.text import extractive_summary
from models.text.extractive_summary import Ranker
from models.text.topic_tree import Tree
from pipelines.documents import report, task, training

BRANCHES = {"strength": (3.0, 10.0, 30.0), "sharpness": (1.0, 1.5, 2.0)}
FAMILIES = Choices({
    "groups, one fork": (partial(Tree, flat=True), BRANCHES),
    "summaries": (Ranker, {"trees": (150, 250, 400), "leaves": (7, 15)}),
    "groups, the tree": (Tree, BRANCHES),
}, score="score")  # fmt: skip


@cache
def parts() -> tuple[list[Any], list[Any]]:
    """Return what is learned from and what is held, of messages and of abstracts."""
    past = task.split(task.load(settings().data_dir))[0]
    held = np.random.default_rng(0).permutation(len(past["messages"])) % 4 == 0
    papers = past["papers"]
    return (
        [training.topics(past["messages"][rows]) for rows in (~held, held)],
        [training.papers(papers[papers["part"] == part]) for part in ("train", "dev")],
    )


def score(family: str, setting: str, seed: int) -> Line:
    """Return the score of a setting on what is held, higher is better."""
    messages, papers = parts()
    kind, values = FAMILIES.kind(family), FAMILIES.setting(family, setting)
    if family.startswith("groups"):
        (texts, names), (asked, true) = messages
        tree = kind(**values).fit(texts, names)
        return {"score": -float(report.of_groups(tree, tree.probabilities(asked), true)["log_loss"].mean())}
    learned, (lines, references, titles) = papers
    ranker = kind(**values, seed=seed).fit(*learned)
    best = ranker.best(lines, titles)
    return {"score": float(extractive_summary.scored(best, references)[:, :2].mean())}


STUDY = Study(
    measures=[Measure(score, FAMILIES.cases())],
    tables=[FAMILIES.table({"score": lambda rows: f"{rows['score'].mean():.4f}"})],
    seeds=1,
)
