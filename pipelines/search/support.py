"""`python -m pipelines.search.support`: does anything that is found support an answer, or should it be refused?

Each question of SQuAD is asked twice: among all paragraphs, and with its own paragraph taken out, so that nothing
supports an answer. Three figures of the first paragraph say which it is, by logistic regression over the questions of
36 articles; the threshold refuses at most a tenth of those with an answer. Both are tried on the other 12 articles.
Writes `support.json` beside this file: what is refused, with intervals over articles. With `--answers N`, SmolLM2 of
135 million parameters answers N of the questions from the first two paragraphs, and cites one.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from models import paired
from models.study import Line, Study, markdown, options
from pipelines.search import embedding, fusion, squad
from pipelines.search.answers import scored
from pipelines.search.compare import interval
from pipelines.search.rankings import CHOSEN
from pipelines.search.reading import HELD, judged, plain

FOLDER = Path(__file__).parent
REFUSED = 0.1  # of the questions with an answer, at most
PASSAGES, LENGTH = 2, 24  # that SmolLM2 reads; tokens of its answer
WITH, WITHOUT = "with their paragraph", "their paragraph taken out"
SMALL, SENTENCE = "SmolLM2, two paragraphs", "the sentence with most words of the question"


def figures(words: np.ndarray, cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what is known of the first paragraph of each question, (n, 3), and the first paragraphs, (n, PASSAGES).

    words, cosines: of all paragraphs, (n, paragraphs). Figures: its cosine, how much nearer it is than the second by
    both rankings, and its BM25.
    """
    scores = fusion.weighted(words, cosines, CHOSEN.share)
    first = np.argsort(-scores, axis=1, kind="stable")[:, :PASSAGES]
    rows = np.arange(len(scores))
    nearer = scores[rows, first[:, 0]] - scores[rows, first[:, 1]]
    return np.column_stack([cosines[rows, first[:, 0]], nearer, words[rows, first[:, 0]]]), first


def without(values: np.ndarray, own: np.ndarray, least: float) -> np.ndarray:
    """Return scores in which the own paragraph of each question has the least possible one."""
    made = values.copy()
    made[np.arange(len(own)), own] = least
    return made


def refusals(data: squad.Squad, asked: dict[str, np.ndarray]) -> tuple[list[Line], float]:
    """Return the lines of the held articles, and how well both kinds of questions are told apart (ROC AUC)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    held = data.article % HELD == 0
    rows = np.concatenate([asked[WITH][~held], asked[WITHOUT][~held]])
    truth = np.repeat([1, 0], int((~held).sum()))
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, truth)
    chance = {name: model.predict_proba(values)[:, 1] for name, values in asked.items()}
    least = float(np.quantile(chance[WITH][~held], REFUSED))
    lines = []
    for name, values in chance.items():
        refused = paired.by_unit(1.0 * (values[held] < least), data.article[held])
        line: Line = {"part": "refused", "what": name, "questions": int(held.sum())}
        lines.append(line | {key: round(value, 4) for key, value in interval("share", refused, 0.0).items()})
    both = np.concatenate([chance[WITH][held], chance[WITHOUT][held]])
    return lines, float(roc_auc_score(np.repeat([1, 0], int(held.sum())), both))


def prompt(question: str, passages: list[str]) -> str:
    """Return what SmolLM2 is asked."""
    numbered = "\n\n".join(f"[{number}] {text}" for number, text in enumerate(passages, 1))
    return f"{numbered}\n\nAnswer in a few words, copied from the text above. Question: {question}"


def small_answers(asked: list[str]) -> list[str]:
    """Return SmolLM2's answers, greedily."""
    from models import smollm2
    from models.completions import completed
    from models.sampling import Sampling
    from models.streams import Stream, Streams

    decoder, tokens = smollm2.load()
    end = tokens.special[smollm2.END]
    texts = [smollm2.conversation([{"role": "user", "content": one}]) for one in asked]
    streams = [Stream(tokens.encode(text, special=True), LENGTH, Sampling(temperature=0)) for text in texts]
    for _ in completed(Streams(decoder, pages=2_000), streams, 8, lambda stream: end in stream.made):
        pass
    special = set(tokens.special.values())
    return [
        tokens.decode([one for one in stream.made if one not in special]).decode(errors="replace").strip()
        for stream in streams
    ]


def sentence(question: str, passages: list[str]) -> str:
    """Return the sentence of some passages that shares most words with a question."""
    sought = set(question.lower().split())
    sentences = [one for text in passages for one in text.replace("? ", ". ").split(". ")]
    return max(sentences, key=lambda one: len(sought & set(one.lower().split())))


def cited(answer: str, passages: list[str]) -> tuple[int, bool]:
    """Return the passage, from 1, that shares most words with an answer, and whether it has all of them."""
    sought = set(plain(answer).split())
    shared = [len(sought & set(plain(text).split())) for text in passages]
    best = int(np.argmax(shared))
    return best + 1, bool(sought) and shared[best] == len(sought)


def tables(results: pd.DataFrame) -> str:
    """Return the tables of STUDIES.md."""

    def cell(name: str) -> Callable[[pd.DataFrame], str]:
        return lambda rows: "{:.3f} ({:.3f} to {:.3f})".format(
            *(rows[part].iloc[0] for part in (name, f"{name}_low", f"{name}_high"))
        )

    refused, said = (results[results["part"] == part] for part in ("refused", "answers"))
    made = [markdown(refused, {"questions of 12 articles": "what"}, {"refused": cell("share")})]
    if len(said):
        columns = {"exact match": cell("exact"), "F1": cell("f1"), "all words in what it cites": cell("held")}
        made.append(markdown(said, {"answers": "what"}, columns))
    return "\n\n".join(made)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--answers", type=int, default=0, help="questions that SmolLM2 answers")
    given = parser.parse_args()
    study = Study(given.out / "support.json", ["part", "what"])
    data = squad.load(settings().data_dir)
    with tempfile.TemporaryDirectory(prefix="search-") as folder:
        words = scored(data, Path(folder))
    cosines = embedding.vectors(data.questions) @ embedding.vectors(data.paragraphs).T
    known, first = figures(words, cosines)
    alone, _ = figures(without(words, data.paragraph, 0.0), without(cosines, data.paragraph, -1.0))
    lines, auc = refusals(data, {WITH: known, WITHOUT: alone})
    study.add(*(line | {"auc": round(auc, 4)} for line in lines))
    if given.answers:
        held = np.flatnonzero(data.article % HELD == 0)
        some = np.random.default_rng(0).choice(held, given.answers, replace=False)
        passages = [[data.paragraphs[number] for number in first[one]] for one in some]
        questions, truth = [data.questions[one] for one in some], [data.answers[one] for one in some]
        began = time.process_time()
        made = {SMALL: small_answers([prompt(*pair) for pair in zip(questions, passages, strict=True)])}
        seconds = (time.process_time() - began) / len(some)
        made[SENTENCE] = [sentence(*pair) for pair in zip(questions, passages, strict=True)]
        for name, texts in made.items():
            values = judged(texts, truth)
            values["held"] = np.array([cited(*pair)[1] for pair in zip(texts, passages, strict=True)], float)
            line: Line = {"part": "answers", "what": name, "questions": len(some)}
            for key, each in values.items():
                line |= {title: round(value, 4) for title, value in interval(key, each, 0.0).items()}
            study.add(line | ({"seconds": round(seconds, 1)} if name == SMALL else {}))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
