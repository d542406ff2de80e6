"""How well are groups, names and summaries found by each method, on texts that none has seen?

Each method learns from the parts "train" and "dev". Intervals of 95 % are over messages, sentences and abstracts. The
first method of each table is the strongest rival of what is served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from models.encoder import token_vectors
from models.encoder.tuned_tagger import Tuned
from models.metrics import paired, rouge
from models.tagging.taggers import Alone, Hidden, Read, Recurrent, Tagger
from models.text import extractive_summary, text_rank
from models.text.extractive_summary import Ranker
from models.text.topic_svc import TopicSVC
from models.text.topic_tree import Tree
from pipelines.documents import report, task, training
from pipelines.documents.model import first
from pipelines.documents.studies.compare.bayes import Bayes
from pipelines.documents.studies.compare.several import Several, joined, macro, micro

Tables = dict[str, pd.DataFrame]
Values = dict[str, np.ndarray]
GROUPS: dict[str, Callable[[], Any]] = {
    "linear SVC on words": lambda: TopicSVC(longest=1),
    "linear SVC on words and pairs, served": TopicSVC,
    "logistic regression on words, tuned, the baseline of the gate": training.baseline_classifier,
    "logistic regression on words, the strength of scikit-learn": lambda: Tree(1.0, 1.0, flat=True),
    "complement naive Bayes on words": Bayes,
    "logistic regression at each fork of the names, tuned": Tree,
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
    "MiniLM, fine-tuned": lambda: Tuned(weights_files.fetch_all(task.WEIGHTS)),
    "BiLSTM-CRF with MiniLM, served": Recurrent,
    "each token by itself, the baseline of the gate": Alone,
    "hidden Markov model": Hidden,
    "conditional random field": lambda: Tagger(stretch=0),
    "conditional random field with MiniLM": Tagger,
}
HEADLINES = {  # what the README of the capstone shows
    "linear SVC on words and pairs, served": "newsgroups",
    "BiLSTM-CRF with MiniLM, served": "names",
    "ranker of sentences and parts, served without a title": "summaries without the title",
    "ranker with the title, served": "summaries with the title",
}
METRICS = {
    "groups": {
        "accuracy": ("accuracy", 3),
        "branch_accuracy": ("accuracy of the first branch", 3),
        "log_loss": ("log loss", 3),
    },
    "several": {"micro_f1": ("micro F1", 3), "macro_f1": ("macro F1", 3)},
    "names": {"entity_f1": ("F1", 3), "entity_precision": ("precision", 3), "entity_recall": ("recall", 3)},
    "summaries": {"rouge_1": ("ROUGE-1", 1), "rouge_2": ("ROUGE-2", 1), "rouge_l": ("ROUGE-L", 1)},
}


@cache
def parts() -> tuple[Tables, Tables]:
    """Return the tables to learn from, and those to test on."""
    return task.split(task.load(settings().data_dir))


def lines(part: str, methods: Iterator[tuple[str, Values]]) -> Iterator[Line]:
    """Yield a line per method. The first one is the rival, with which the others are compared."""
    rival, baseline = "", Values()
    for method, values in methods:
        rival, baseline = rival or method, baseline or values
        line: Line = {"method": method, "units": len(next(iter(values.values())))}
        for metric in METRICS[part]:
            each = values[metric]
            line |= {metric: float(each.mean()), f"{metric}_half": float(1.96 * each.std() / np.sqrt(len(each)))}
        metric = next(iter(METRICS[part]))
        found = paired.bootstrap(values[metric], baseline[metric], repeats=1_000)
        line |= {name: found[name] for name in ("difference", "low", "high")}
        yield line
        if method in HEADLINES:
            yield headline(part, line, rival)


def headline(part: str, line: Line, rival: str) -> Line:
    """Return what the README of the capstone shows of a method next to its rival."""
    metric, (title, _) = next(iter(METRICS[part].items()))
    value, change = line[metric], {name: line[name] for name in ("difference", "low", "high")}
    shown = {"score": value, "score_half": line[f"{metric}_half"], "baseline": value - change["difference"]}
    shown |= {"rival": rival}
    return {"part": "served", "what": f"{HEADLINES[line['method']]}, {title}"} | shown | change


def groups(every: int = 1) -> Iterator[Line]:
    """Yield the lines of newsgroups. every: which messages count, for a trial."""
    return lines("groups", of_groups(every))


def several(counts: tuple[int, int] = JOINED) -> Iterator[Line]:
    """Yield the lines of joined messages. counts: of texts to learn from, and to test on."""
    return lines("several", of_several(counts))


def names(most: int | None = None) -> Iterator[Line]:
    """Yield the lines of names. most: sentences, for a trial."""
    return lines("names", of_names(most))


def summaries(seed: int, most: int | None = None) -> Iterator[Line]:
    """Yield the lines of summaries. most: abstracts, for a trial."""
    return lines("summaries", of_summaries(seed, most))


def of_groups(every: int) -> Iterator[tuple[str, Values]]:
    """Yield each method, and its values of each message."""
    past, test = (part["messages"].iloc[::every] for part in parts())
    known, asked = training.topics(past), training.topics(test)
    for name, kind in GROUPS.items():
        fitted = kind().fit(*known)
        yield name, report.of_groups(fitted, fitted.probabilities(asked[0]), asked[1])
    for name, change in CHANGES.items():
        texts = (past["text"], test["text"]) if change is str else (known[0], asked[0])
        fitted = TopicSVC().fit([*map(change, texts[0])], known[1])
        yield name, report.of_groups(fitted, fitted.probabilities([*map(change, texts[1])]), asked[1])


def of_several(counts: tuple[int, int]) -> Iterator[tuple[str, Values]]:
    """Yield each method, and its values of each text of joined messages."""
    known, asked = (
        joined(*training.topics(part["messages"]), count, seed)
        for seed, (part, count) in enumerate(zip(parts(), counts, strict=True))
    )
    for name, kind in SEVERAL.items():
        predicted = kind(sorted(set(parts()[0]["messages"]["group"]))).fit(*known).predict(asked[0])
        yield name, {"micro_f1": micro(asked[1], predicted), "macro_f1": macro(asked[1], predicted)}


def of_names(most: int | None) -> Iterator[tuple[str, Values]]:
    """Yield each method, and its values of each sentence."""
    weights = weights_files.fetch_all(task.WEIGHTS)
    known, asked = (training.tagged(part["sentences"].iloc[:most]) for part in parts())
    reads = [Read(tokens, token_vectors.kept(tokens, weights)) for tokens, _ in (known, asked)]
    for name, kind in NAMES.items():
        yield name, report.of_names(asked[1], kind().fit(reads[0], known[1]).predict(reads[1]))


def of_summaries(seed: int, most: int | None) -> Iterator[tuple[str, Values]]:
    """Yield each method, and its values of each abstract."""
    past, test = (part["papers"].iloc[:most] for part in parts())
    (texts, references, titles), (asked, true, named) = training.papers(past), training.papers(test)
    known, none = (texts, references, [""] * len(texts)), [""] * len(asked)
    untitled = Ranker(seed=seed).fit(*known)
    methods: dict[str, Callable[[], list[str]]] = {
        "the title": lambda: named,
        "first sentence, the baseline of the gate": lambda: first(asked),
        "TextRank": lambda: [central(text) for text in asked],
        "ranker of whole sentences": lambda: Ranker(seed=seed, cuts=False).fit(*known).best(asked, none),
        "ranker of sentences and parts, served without a title": lambda: untitled.best(asked, none),
        "ranker of other summaries, with the title": lambda: training.fit_style(past).best(asked, named),
        "ranker with the title, served": lambda: Ranker(seed=seed).fit(texts, references, titles).best(asked, named),
        "best candidate, chosen by its ROUGE": lambda: [*map(oracle, asked, none, true)],
        "best candidate or the title, chosen by its ROUGE": lambda: [*map(oracle, asked, named, true)],
    }
    for name, each in methods.items():
        yield name, report.of_summaries(each(), true)


def oracle(text: list[str], title: str, references: list[str]) -> str:
    """Return the best candidate of a text, chosen by its references: no method can choose better."""
    found = [candidate.text for candidate in extractive_summary.candidates(text, title)]
    return found[int(np.argmax([extractive_summary.target(candidate, references) for candidate in found]))]


def central(text: list[str]) -> str:
    """Return the sentence of the highest TextRank, by the words that sentences share."""
    words = [rouge.words(sentence) for sentence in text]
    alike = np.array([[text_rank.overlap(left, right) for right in words] for left in words])
    return text[int(text_rank.ranks(alike).argmax())]


def shown(name: str, digits: int) -> Show:
    """Return what shows a metric with half of its interval."""
    return lambda rows: f"{rows[name].mean():.{digits}f} ± {rows[f'{name}_half'].mean():.{digits}f}"


def difference(digits: int) -> Show:
    """Return what shows the difference to the baseline."""
    return lambda rows: "{} ({} to {})".format(
        *(f"{rows[name].mean():.{digits}f}" for name in ("difference", "low", "high"))
    )


def number(rows: pd.DataFrame, *names: str) -> str:
    """Return a value, with half of its interval or with both ends; ROUGE is in percent."""
    digits = 1 if rows["score"].iloc[0] > 1 else 3
    texts = [f"{rows[name].iloc[0]:.{digits}f}" for name in names]
    return f"{texts[0]} ({texts[1]} to {texts[2]})" if len(texts) == 3 else " ± ".join(texts)


def table(part: str) -> Table:
    """Return the table of a part."""
    columns = {title: shown(name, digits) for name, (title, digits) in METRICS[part].items()}
    title, digits = next(iter(METRICS[part].values()))
    return Table({part: "method"}, columns | {f"more than the first, {title}": difference(digits)}, part)


STUDY = Study(
    measures=[
        Measure(groups, seeds=0),
        Measure(several, seeds=0),
        Measure(names, seeds=0),
        Measure(summaries),
    ],
    tables=[
        Table(
            {"served": "what"},
            {
                "strongest rival": lambda rows: rows["rival"].iloc[0],
                "its score": lambda rows: number(rows, "baseline"),
                "score": lambda rows: number(rows, "score", "score_half"),
                "more than the rival": lambda rows: number(rows, "difference", "low", "high"),
            },
            "served",
        ),
        *(table(part) for part in METRICS),
    ],
    seeds=1,
)
