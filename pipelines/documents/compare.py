"""`python -m pipelines.documents.compare`: groups, names and summaries by each method, on texts that none has seen.

It writes `compare.json` into the folder that it is given, and prints the tables, with intervals of 95 % over messages,
sentences and abstracts. What is chosen by lot, the ranker, is measured over seeds. `--parts` measures some parts alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan import weights_files
from capstan.settings import settings
from models import paired
from models.study import Line, Study, markdown, options
from pipelines.documents import groups, report, summary, task, training, vectors
from pipelines.documents.entities import Alone, Read, Tagger
from pipelines.documents.groups import Tree
from pipelines.documents.model import first
from pipelines.documents.summary import Ranker

FOLDER = Path(__file__).parent
Tables = dict[str, pd.DataFrame]
Values = dict[str, np.ndarray]
GROUPS: dict[str, Callable[[], Tree]] = {
    "words, one fork, the strength of scikit-learn": groups.simple,
    "words, one fork, our strength": lambda: Tree(flat=True),
    "words, the tree, served": Tree,
}
KEPT = "the same, with the lines that say who is quoted"
NAMES: dict[str, Callable[[], Tagger]] = {
    "each token by itself": Alone,
    "conditional random field": lambda: Tagger(stretch=0),
    "conditional random field with MiniLM, served": Tagger,
}
SUMMARIES = (
    "first sentence",
    "sentence nearest to the others",
    "ranker of whole sentences",
    "ranker of sentences and cuts, served",
    "best candidate, chosen by its ROUGE",
)
SHOWN = {
    "groups": {"accuracy": 3, "branch_accuracy": 3, "log_loss": 3},
    "names": {"entity_f1": 3, "entity_precision": 3, "entity_recall": 3},
    "summaries": {"rouge_1": 1, "rouge_2": 1, "rouge_l": 1},
}
TITLES = {"branch_accuracy": "accuracy of the first branch", "log_loss": "log loss", "rouge_l": "ROUGE-L"}
TITLES |= {"entity_f1": "F1", "entity_precision": "precision", "entity_recall": "recall"}
TITLES |= {"rouge_1": "ROUGE-1", "rouge_2": "ROUGE-2"}


def of_groups(past: Tables, test: Tables) -> Iterator[tuple[str, Values]]:
    """Yield each method, and its values of each message."""
    known, asked = (training.topics(one["messages"]) for one in (past, test))
    for name, kind in GROUPS.items():
        fitted = kind().fit(*known)
        yield name, report.of_groups(fitted, fitted.probabilities(asked[0]), asked[1])
    fitted = Tree().fit(past["messages"]["text"].tolist(), known[1])
    yield KEPT, report.of_groups(fitted, fitted.probabilities(test["messages"]["text"].tolist()), asked[1])


def of_names(past: Tables, test: Tables) -> Iterator[tuple[str, Values]]:
    """Yield each method, and its values of each sentence."""
    weights = weights_files.fetch_all(task.WEIGHTS)
    known, asked = (training.tagged(one["sentences"]) for one in (past, test))
    reads = [Read(tokens, vectors.kept(tokens, weights)) for tokens, _ in (known, asked)]
    for name, kind in NAMES.items():
        yield name, report.of_names(asked[1], kind().fit(reads[0], known[1]).predict(reads[1]))


def of_summaries(past: Tables, test: Tables, seed: int) -> Iterator[tuple[str, Values]]:
    """Yield each method, and its values of each abstract."""
    known, asked = (
        [training.lined(one["papers"][name]) for name in ("sentences", "summaries")] for one in (past, test)
    )
    ranker, whole = Ranker(seed=seed).fit(*known), Ranker(seed=seed, cuts=False).fit(*known)
    best = [oracle(text, true) for text, true in zip(*asked, strict=True)]
    made = (first(asked[0]), nearest(ranker, asked[0]), whole.best(asked[0]), ranker.best(asked[0]), best)
    for name, each in zip(SUMMARIES, made, strict=True):
        yield name, report.of_summaries(each, asked[1])


def oracle(text: list[str], references: list[str]) -> str:
    """Return the best candidate of a text, chosen by its references: no method can choose better."""
    found = [one.text for one in summary.candidates(text)]
    return found[int(np.argmax([summary.target(one, references) for one in found]))]


def nearest(ranker: Ranker, texts: list[list[str]]) -> list[str]:
    """Return of each text the sentence that shares most with the others, by TF-IDF."""
    return [text[int(ranker.nearness(text).argmax())] for text in texts]


def lines(part: str, seed: int, made: Iterator[tuple[str, Values]]) -> Iterator[Line]:
    """Yield a line per method. The first one is the simple one, with which the others are compared."""
    simple: Values = {}
    for name, values in made:
        simple = simple or values
        line: Line = {"part": part, "method": name, "seed": seed, "units": len(next(iter(values.values())))}
        for metric in SHOWN[part]:
            one = values[metric]
            half = 1.96 * one.std() / np.sqrt(len(one))
            line |= {metric: float(one.mean()), f"{metric}_half": float(half)}
        metric = next(iter(SHOWN[part]))
        found = paired.bootstrap(values[metric], simple[metric], repeats=1_000)
        yield line | {name: found[name] for name in ("difference", "low", "high")}


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README: of each part that was measured."""
    made = []
    for part, metrics in SHOWN.items():
        rows = results[results["part"] == part]
        if not len(rows):
            continue
        columns = {TITLES.get(name, name): _cell(name, digits) for name, digits in metrics.items()}
        leading, digits = next(iter(metrics.items()))
        columns[f"more than the first, {TITLES.get(leading, leading)}"] = _difference(digits)
        made.append(markdown(rows, {part: "method"}, columns))
    return "\n\n".join(made)


def _cell(name: str, digits: int) -> Callable[[pd.DataFrame], str]:
    def shown(rows: pd.DataFrame) -> str:
        return f"{rows[name].mean():.{digits}f} ± {rows[f'{name}_half'].mean():.{digits}f}"

    return shown


def _difference(digits: int) -> Callable[[pd.DataFrame], str]:
    def shown(rows: pd.DataFrame) -> str:
        middle, low, high = (rows[name].mean() for name in ("difference", "low", "high"))
        return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"

    return shown


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--parts", nargs="+", choices=list(SHOWN), default=list(SHOWN))
    given = parser.parse_args()
    study = Study(given.out / "compare.json", ["part", "method", "seed"])
    past, test = task.split(task.load(settings().data_dir))
    for part in given.parts:
        for seed in range(given.seeds if part == "summaries" else 1):
            if study.has(part=part, seed=seed):
                continue
            if part == "groups":
                made = of_groups(past, test)
            else:
                made = of_names(past, test) if part == "names" else of_summaries(past, test, seed)
            study.add(*lines(part, seed, made))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
