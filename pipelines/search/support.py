"""`python -m pipelines.search.support`: does anything that is found support an answer, or should it be refused?

Each question of SQuAD's held articles is asked twice: among all paragraphs, and with its own paragraph taken out, so
that nothing supports an answer. Logistic regression says which it is, by three figures of the first paragraph, and with
the score of the reader (`reading.py`) as a fourth; its threshold refuses at most a tenth of the questions with an
answer. It learns from ten of the 12 articles, and is tried on the other two, in turn: the reader has learned from the
rest. Writes `support.json` beside this file: what is refused, with intervals over articles. With `--answers N`,
SmolLM2 of 135 million parameters answers N of the questions from the first two paragraphs, and cites one.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import squad
from models.encoder.reader import Plan
from models.metrics import paired
from models.retrieval import fusion
from models.study import Line, Study, markdown, options
from pipelines.search import embedding, reading, spans
from pipelines.search.answers import scored
from pipelines.search.compare import interval
from pipelines.search.copying import Copying
from pipelines.search.rankings import CHOSEN
from pipelines.search.reading import Said, judged, parts, plain

FOLDER = Path(__file__).parent
REFUSED = 0.1  # of the questions with an answer, at most
FOLDS = 6  # of the 12 held articles
PASSAGES, LENGTH = 2, 24  # that SmolLM2 reads; tokens of its answer
WITH, WITHOUT = "with their paragraph", "their paragraph taken out"
RANKING, READER = "the ranking", "the ranking and the reader"
SMALL, COPIES, SHOWN = "SmolLM2, two paragraphs", "SmolLM2, may only copy", "SmolLM2, may only copy, after two examples"
SENTENCE, READS = "the sentence with most words of the question", "the reader"
EXAMPLES = (  # made up for the prompt
    ("The mill at Aldersey was built in 1742 by Jonas Reed.", "Who built the mill?", "Jonas Reed"),
    ("Lake Orva is fed by three rivers and is 48 metres deep.", "How deep is Lake Orva?", "48 metres"),
)  # fmt: skip


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


def read(said: dict[tuple[int, int], Said], questions: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return the score of the reader's answer, the best in the first paragraphs of each question, shape (n,)."""
    rows = zip(questions.tolist(), first.tolist(), strict=True)
    return np.array([max(said[one, number].score for number in row) for one, row in rows])


def refusals(asked: dict[str, np.ndarray], articles: np.ndarray, by: str) -> list[Line]:
    """Return the lines of both kinds of questions, and how well they are told apart (ROC AUC).

    asked: the figures of both kinds, (questions, figures). articles: of each question.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    chance = {name: np.empty(len(articles)) for name in asked}
    refused = {name: np.empty(len(articles)) for name in asked}
    for learn, held in GroupKFold(FOLDS).split(articles, groups=articles):
        rows = np.concatenate([asked[name][learn] for name in (WITH, WITHOUT)])
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, np.repeat([1, 0], len(learn)))
        least = np.quantile(model.predict_proba(asked[WITH][learn])[:, 1], REFUSED)
        for name, values in asked.items():
            chance[name][held] = model.predict_proba(values[held])[:, 1]
            refused[name][held] = chance[name][held] < least
    auc = roc_auc_score(np.repeat([1, 0], len(articles)), np.concatenate([chance[WITH], chance[WITHOUT]]))
    lines = []
    for name in asked:
        share = interval("share", paired.by_unit(refused[name], articles), 0.0)
        line: Line = {"part": "refused", "what": name, "by": by, "questions": len(articles), "auc": round(auc, 4)}
        lines.append(line | {key: round(value, 4) for key, value in share.items()})
    return lines


def prompt(question: str, passages: list[str]) -> str:
    """Return what SmolLM2 is asked."""
    numbered = "\n\n".join(f"[{number}] {text}" for number, text in enumerate(passages, 1))
    return f"{numbered}\n\nAnswer in a few words, copied from the text above. Question: {question}"


def small_answers(asked: list[list[str]], passages: list[list[str]], copies: bool) -> list[str]:
    """Return SmolLM2's answers, greedily.

    asked: the turns of each conversation, ours and its own. copies: whether it says only what stands in the passages.
    """
    from models.transformer.completions import completed
    from models.transformer.sampling import Sampling
    from models.transformer.streams import Stream, Streams
    from models.weights import smollm2

    decoder, tokens = smollm2.load()
    end, streams = tokens.special[smollm2.END], []
    for turns, texts in zip(asked, passages, strict=True):
        said = [{"role": ("user", "assistant")[at % 2], "content": turn} for at, turn in enumerate(turns)]
        row = tokens.encode(smollm2.conversation(said), special=True)
        rule = Copying([tokens.encode(text) for text in texts], end, decoder.shape.vocabulary) if copies else None
        streams.append(Stream(row, LENGTH, Sampling(temperature=0), allowed=rule))
    for _ in completed(Streams(decoder, pages=2_000), streams, 8, lambda stream: end in stream.made):
        pass
    special = set(tokens.special.values())
    return [
        tokens.decode([one for one in stream.made if one not in special]).decode(errors="replace").strip()
        for stream in streams
    ]


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
    by = {"questions of 12 articles": "what", "by": "by"}
    made = [markdown(refused, by, {"refused": cell("share"), "ROC AUC": lambda rows: f"{rows['auc'].iloc[0]:.2f}"})]
    if len(said):
        columns = {"exact match": cell("exact"), "F1": cell("f1"), "all words in what it cites": cell("held")}
        columns |= {"s an answer": lambda rows: f"{rows['seconds'].iloc[0]:.1f}"}
        made.append(markdown(said, {"answers": "what"}, columns))
    return "\n\n".join(made)


def answered(data: squad.Squad, held: np.ndarray, first: np.ndarray, said: dict[tuple[int, int], Said]) -> list[Line]:
    """Return the lines of some questions that are answered in several ways. first: their paragraphs."""
    passages = [[data.paragraphs[number] for number in row[:PASSAGES]] for row in first.tolist()]
    questions, truth = [data.questions[one] for one in held], [data.answers[one] for one in held]
    asked = [[prompt(*pair)] for pair in zip(questions, passages, strict=True)]
    examples = [turn for text, question, answer in EXAMPLES for turn in (prompt(question, [text]), answer)]

    def best(question: str, texts: list[str]) -> str:
        return max((spans.sentence(question, text) for text in texts), key=lambda one: one[1])[0]

    def reads(one: int, row: list[int]) -> str:
        return max((said[one, number] for number in row[:PASSAGES]), key=lambda answer: answer.score).text

    ways: dict[str, Callable[[], list[str]]] = {
        SMALL: lambda: small_answers(asked, passages, False),
        COPIES: lambda: small_answers(asked, passages, True),
        SHOWN: lambda: small_answers([[*examples, *turns] for turns in asked], passages, True),
        SENTENCE: lambda: [best(*pair) for pair in zip(questions, passages, strict=True)],
        READS: lambda: [reads(*pair) for pair in zip(held.tolist(), first.tolist(), strict=True)],
    }
    lines = []
    for name, way in ways.items():
        began = time.process_time()
        texts = way()
        line: Line = {"part": "answers", "what": name, "by": "", "questions": len(held)}
        line |= {"seconds": round((time.process_time() - began) / len(held), 1)}
        values = judged(texts, truth)
        values["held"] = np.array([cited(*pair)[1] for pair in zip(texts, passages, strict=True)], float)
        for key, each in values.items():
            line |= {title: round(value, 4) for title, value in interval(key, each, 0.0).items()}
        lines.append(line)
    return lines


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--answers", type=int, default=0, help="questions that SmolLM2 answers")
    given = parser.parse_args()
    study = Study(given.out / "support.json", ["part", "what", "by"])
    data = squad.load(settings().data_dir)
    past, held = parts(data)
    own, articles = data.paragraph[held], data.article[held]
    with tempfile.TemporaryDirectory(prefix="search-") as folder:
        words = scored(data, Path(folder), held)
    cosines = (embedding.vectors(data.questions) @ embedding.vectors(data.paragraphs).T)[held]
    known, first = figures(words, cosines)
    alone, others = figures(without(words, own, 0.0), without(cosines, own, -1.0))
    pairs = [
        (int(one), number) for at, one in enumerate(held) for number in {*first[at].tolist(), *others[at].tolist()}
    ]
    said = reading.said(data, Plan(), past, pairs)
    study.add(*refusals({WITH: known, WITHOUT: alone}, articles, RANKING))
    reader = {
        name: np.column_stack([rows, read(said, held, numbers)])
        for name, rows, numbers in ((WITH, known, first), (WITHOUT, alone, others))
    }
    study.add(*refusals(reader, articles, READER))
    if given.answers:
        some = np.random.default_rng(0).choice(len(held), given.answers, replace=False)
        study.add(*answered(data, held[some], first[some], said))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
