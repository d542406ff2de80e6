"""`python -m pipelines.documents.tune`: the settings of the three that learn, chosen on texts to train on alone.

Writes `tune.json` beside this file. Groups are judged by log loss on a random quarter of the messages to train on,
names by F1 on the part "dev", summaries by the mean of ROUGE-1 and ROUGE-2 on "dev". What tests the model has no part.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from models.study import Line, Study, options
from models.tuning import Families, Setting
from pipelines.documents import report, summary, task, training, vectors
from pipelines.documents.entities import Read, Recurrent, Tagger, f1, hits
from pipelines.documents.groups import Tree
from pipelines.documents.summary import Ranker

FOLDER = Path(__file__).parent
BRANCHES = {"strength": (3.0, 10.0, 30.0), "sharpness": (1.0, 1.5, 2.0)}
FAMILIES = Families(
    {
        "groups, the tree": (Tree, BRANCHES),
        "groups, one fork": (partial(Tree, flat=True), BRANCHES),
        "summaries": (Ranker, {"trees": (150, 250, 400), "leaves": (7, 15)}),
        "names, LSTMs": (Recurrent, {"epochs": (8,)}),
        "names, seen and MiniLM": (Tagger, {"stretch": (0.5,)}),
    },
    score="score",
)


class Parts:
    """What is learned from and what is held, of each table."""

    def __init__(self, tables: dict[str, pd.DataFrame]):
        past = task.split(tables)[0]
        held = np.random.default_rng(0).permutation(len(past["messages"])) % 4 == 0
        self.messages = [training.topics(past["messages"][at]) for at in (~held, held)]
        weights = weights_files.fetch_all(task.WEIGHTS)
        self.sentences = []
        for part in ("train", "dev"):
            tokens, tags = training.tagged(past["sentences"][past["sentences"]["part"] == part])
            self.sentences.append((Read(tokens, vectors.kept(tokens, weights)), tags))
        papers = past["papers"]
        self.papers = [training.papers(papers[papers["part"] == part]) for part in ("train", "dev")]

    def measured(self, family: str, setting: Setting, seed: int) -> Line:
        """Return the score of a setting on what is held, higher is better."""
        kind = FAMILIES.kind(family)
        if family.startswith("groups"):
            (texts, names), (asked, true) = self.messages
            tree = kind(**setting).fit(texts, names)
            return {"score": -float(report.of_groups(tree, tree.probabilities(asked), true)["log_loss"].mean())}
        if family.startswith("names"):
            (past, tags), (dev, known) = self.sentences
            return {"score": f1(hits(known, kind(**setting).fit(past, tags).predict(dev)))}
        learned, (lines, references, titles) = self.papers
        ranker = kind(**setting, seed=seed).fit(*learned)
        return {"score": float(summary.scored(ranker.best(lines, titles), references)[:, :2].mean())}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    return FAMILIES.table(results, {"score": lambda rows: f"{rows['score'].mean():.4f}"})


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    parts = Parts(task.load(settings().data_dir))
    FAMILIES.measure(study, given.seeds, parts.measured)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
