"""`python -m pipelines.documents.compare`: groups, names and summaries by each method, on texts that none has seen.

It writes `compare.json` into the folder that it is given, and prints the tables, with intervals of 95 % over messages,
sentences and abstracts. `--parts` measures some parts alone, `--seeds` the summaries by more seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from models.metrics import paired, rouge
from models.study import Line, Study, markdown, options
from models.text import text_rank
from pipelines.documents import groups, report, summary, task, training, vectors
from pipelines.documents.entities import Alone, Read, Recurrent, Tagger
from pipelines.documents.groups import Tree
from pipelines.documents.model import first
from pipelines.documents.several import Several, joined, macro, micro
from pipelines.documents.summary import Ranker
from pipelines.documents.taggers import Hidden
from pipelines.documents.tuned import Tuned

FOLDER = Path(__file__).parent
Tables = dict[str, pd.DataFrame]
Values = dict[str, np.ndarray]
GROUPS: dict[str, Callable[[], Tree]] = {
    "one fork, the strength of scikit-learn": groups.simple,
    "one fork, tuned, served": groups.flat,
    "the tree, tuned": Tree,
}
CHANGES: dict[str, Callable[[str], str]] = {  # of the messages, for the one that is served
    "served, with the lines that say who is quoted": str,
    "served, without the first 8 words, where the subject is": lambda text: " ".join(text.split()[8:]),
    "served, without the first 8 words and the last 20": lambda text: " ".join(text.split()[8:-20]),
    "served, the first 8 words alone": lambda text: " ".join(text.split()[:8]),
}
SEVERAL: dict[str, Callable[[list[str]], Several]] = {
    "logistic regression of each group": lambda names: Several(names, tree=False, chosen=False),
    "the same, with a cut that is chosen": lambda names: Several(names, tree=False),
    "the tree, with a cut that is chosen": lambda names: Several(names, tree=True),
}
JOINED = 8_000, 4_000  # texts to learn from, and to test on
NAMES: dict[str, Callable[[], Any]] = {
    "each token by itself": Alone,
    "hidden Markov model": Hidden,
    "conditional random field": lambda: Tagger(stretch=0),
    "conditional random field with MiniLM": Tagger,
    "BiLSTM-CRF with MiniLM, served": Recurrent,
    "MiniLM, fine-tuned": lambda: Tuned(weights_files.fetch_all(task.WEIGHTS)),
}
SHOWN = {
    "groups": {"accuracy": 3, "branch_accuracy": 3, "log_loss": 3},
    "several": {"micro_f1": 3, "macro_f1": 3},
    "names": {"entity_f1": 3, "entity_precision": 3, "entity_recall": 3},
    "summaries": {"rouge_1": 1, "rouge_2": 1, "rouge_l": 1},
}
TITLES = {"branch_accuracy": "accuracy of the first branch", "log_loss": "log loss", "rouge_l": "ROUGE-L"}
TITLES |= {"entity_f1": "F1", "entity_precision": "precision", "entity_recall": "recall"}
TITLES |= {"micro_f1": "micro F1", "macro_f1": "macro F1"}
TITLES |= {"rouge_1": "ROUGE-1", "rouge_2": "ROUGE-2"}


def of_groups(past: Tables, test: Tables) -> Iterator[tuple[str, Values]]:
    """Yield each method, and its values of each message."""
    known, asked = (training.topics(one["messages"]) for one in (past, test))
    for name, kind in GROUPS.items():
        fitted = kind().fit(*known)
        yield name, report.of_groups(fitted, fitted.probabilities(asked[0]), asked[1])
    for name, change in CHANGES.items():
        texts = [(known[0], asked[0]), (past["messages"]["text"], test["messages"]["text"])][change is str]
        fitted = groups.flat().fit([*map(change, texts[0])], known[1])
        yield name, report.of_groups(fitted, fitted.probabilities([*map(change, texts[1])]), asked[1])


def of_several(past: Tables, test: Tables) -> Iterator[tuple[str, Values]]:
    """Yield each method, and its values of each text of joined messages."""
    known, asked = (
        joined(*training.topics(one["messages"]), count, seed)
        for seed, (one, count) in enumerate(zip((past, test), JOINED, strict=True))
    )
    for name, kind in SEVERAL.items():
        said = kind(sorted(set(past["messages"]["group"]))).fit(*known).predict(asked[0])
        yield name, {"micro_f1": micro(asked[1], said), "macro_f1": macro(asked[1], said)}


def of_names(past: Tables, test: Tables) -> Iterator[tuple[str, Values]]:
    """Yield each method, and its values of each sentence."""
    weights = weights_files.fetch_all(task.WEIGHTS)
    known, asked = (training.tagged(one["sentences"]) for one in (past, test))
    reads = [Read(tokens, vectors.kept(tokens, weights)) for tokens, _ in (known, asked)]
    for name, kind in NAMES.items():
        yield name, report.of_names(asked[1], kind().fit(reads[0], known[1]).predict(reads[1]))


def of_summaries(past: Tables, test: Tables, seed: int) -> Iterator[tuple[str, Values]]:
    """Yield each method, and its values of each abstract."""
    (texts, references, titles), (asked, true, named) = (training.papers(one["papers"]) for one in (past, test))
    known, none = (texts, references, [""] * len(texts)), [""] * len(asked)
    alone = Ranker(seed=seed).fit(*known)
    made: dict[str, Callable[[], list[str]]] = {
        "first sentence": lambda: first(asked),
        "TextRank": lambda: [central(text) for text in asked],
        "ranker of whole sentences": lambda: Ranker(seed=seed, cuts=False).fit(*known).best(asked, none),
        "ranker of sentences and parts, served without a title": lambda: alone.best(asked, none),
        "the title": lambda: named,
        "ranker of other summaries, with the title": lambda: training.fit_styled(past["papers"]).best(asked, named),
        "ranker with the title, served": lambda: Ranker(seed=seed).fit(texts, references, titles).best(asked, named),
        "best candidate, chosen by its ROUGE": lambda: [*map(oracle, asked, none, true)],
        "best candidate or the title, chosen by its ROUGE": lambda: [*map(oracle, asked, named, true)],
    }
    for name, each in made.items():
        yield name, report.of_summaries(each(), true)


def oracle(text: list[str], title: str, references: list[str]) -> str:
    """Return the best candidate of a text, chosen by its references: no method can choose better."""
    found = [one.text for one in summary.candidates(text, title)]
    return found[int(np.argmax([summary.target(one, references) for one in found]))]


def central(text: list[str]) -> str:
    """Return the sentence of the highest TextRank, by the words that sentences share."""
    words = [rouge.words(one) for one in text]
    alike = np.array([[text_rank.overlap(one, other) for other in words] for one in words])
    return text[int(text_rank.ranks(alike).argmax())]


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
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    study = Study(given.out / "compare.json", ["part", "method", "seed"])
    past, test = task.split(task.load(settings().data_dir))
    for part in given.parts:
        for seed in range(given.seeds if part == "summaries" else 1):
            if study.has(part=part, seed=seed):
                continue
            if part == "summaries":
                made = of_summaries(past, test, seed)
            else:
                made = {"groups": of_groups, "several": of_several, "names": of_names}[part](past, test)
            for line in lines(part, seed, made):
                study.add(line)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
