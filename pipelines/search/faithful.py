"""`python -m pipelines.search.faithful`: is what SmolLM2 says entailed by what it cites, as the verifier judges it?

The verifier of `models/encoder/verifier.py` learns from SciFact's claims, and judges whether the paragraph that an
answer cites supports it: the answer alone, and behind its question, since an answer of two words says little alone.
How far the verifier can be believed is measured beside it, on answers that are planted: what people answered, beside
its own paragraph and beside another of the article; the answer to another question of the paragraph; a sentence of
the paragraph. Writes `faithful.json` beside this file: shares that are called supported, with intervals over questions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import scifact, squad
from models.encoder.verifier import VERDICTS, Pair, Verifier
from models.study import Study, markdown, options
from models.text.sentences import sentences
from pipelines.search import embedding, spans
from pipelines.search.answers import scored
from pipelines.search.compare import interval
from pipelines.search.rankings import Rankings
from pipelines.search.reading import parts
from pipelines.search.support import (
    COPIES,
    EXAMPLES,
    PASSAGES,
    SENTENCE,
    SHOWN,
    SMALL,
    cited,
    figures,
    prompt,
    small_answers,
)  # fmt: skip

FOLDER = Path(__file__).parent
STRENGTH, THRESHOLD = 0.1, 0.2  # of the verifier, as `documents` chose them
OTHERS = 400  # claims to train on that also get an abstract that decides nothing
ALONE, ASKED = "alone", "behind its question"
RIGHT, ELSEWHERE = "what people answered, its paragraph", "what people answered, another paragraph of the article"
WRONG, QUOTED = "the answer to another question, the paragraph", "a sentence of the paragraph, the paragraph"


class Cited(NamedTuple):
    """An answer, its question, and the passage that it cites."""

    answer: str
    question: str
    passage: str


def pairs(claims: Sequence[str], passages: Sequence[str]) -> list[Pair]:
    """Return claims and passages with the vectors of their sentences."""
    divided = [[text[place.start : place.end] for place in sentences(text)] or [text] for text in passages]
    texts = sorted({*claims, *(sentence for each in divided for sentence in each)})
    row = dict(zip(texts, embedding.vectors(texts), strict=True))
    return [
        Pair(claim, own, row[claim], np.array([row[text] for text in own]))
        for claim, own in zip(claims, divided, strict=True)
    ]


def verifier(data: scifact.SciFact, data_dir: Path | None) -> Verifier:
    """Return a verifier that learned from the claims to train on.

    Each is beside the abstracts that it cites, and some beside the first abstract of the ranking that it does not cite.
    """
    past, decided = Rankings(data, "train"), scifact.verdicts(data_dir)
    cases = [(at, int(number)) for at, own in enumerate(past.claims.relevant) for number in own]
    for at, scores in enumerate(past.both[:OTHERS]):
        order = np.argsort(-scores, kind="stable")
        cases.append((at, int(order[~np.isin(order, past.claims.relevant[at])][0])))
    truth = [decided.get((past.claims.keys[at], data.keys[one]), (VERDICTS[2], set())) for at, one in cases]
    given = pairs([past.claims.texts[at] for at, _ in cases], [data.texts[one] for _, one in cases])
    return Verifier(STRENGTH, THRESHOLD).fit(
        given, [verdict for verdict, _ in truth], [reasons for _, reasons in truth], [at for at, _ in cases]
    )


def supported(model: Verifier, answers: Sequence[Cited]) -> dict[str, np.ndarray]:
    """Return whether each answer is called supported, alone and behind its question, shapes (n,). None is not."""
    told = [bool(one.answer.strip()) for one in answers]
    passages = [one.passage for one in answers]
    ways = {ALONE: [one.answer for one in answers], ASKED: [f"{one.question} {one.answer}" for one in answers]}
    return {
        name: np.array([one.verdict == VERDICTS[0] for one in model.judged(pairs(claims, passages))]) & told
        for name, claims in ways.items()
    }


def planted(data: squad.Squad, held: np.ndarray) -> dict[str, list[Cited]]:
    """Return answers that are known to be entailed by a passage, or not to be."""
    random, made = np.random.default_rng(0), dict[str, list[Cited]]()
    for one in held.tolist():
        own, article = int(data.paragraph[one]), int(data.article[one])
        question, answer, text = data.questions[one], data.answers[one][0][1], data.paragraphs[own]
        others = np.flatnonzero((data.article == article) & (data.paragraph != own))
        same = np.flatnonzero(data.paragraph == own)
        wrong = [at for at in same.tolist() if data.answers[at][0][1] not in {said for _, said in data.answers[one]}]
        elsewhere = data.paragraphs[int(data.paragraph[random.choice(others)])]
        made.setdefault(RIGHT, []).append(Cited(answer, question, text))
        if answer not in elsewhere:
            made.setdefault(ELSEWHERE, []).append(Cited(answer, question, elsewhere))
        if wrong:
            made.setdefault(WRONG, []).append(Cited(data.answers[random.choice(wrong)][0][1], question, text))
        quoted = random.choice([text[place.start : place.end] for place in sentences(text)])
        made.setdefault(QUOTED, []).append(Cited(str(quoted), question, text))
    return made


def answered(data: squad.Squad, held: np.ndarray, first: np.ndarray) -> Iterator[tuple[str, list[Cited]]]:
    """Yield what is said in several ways, each with the paragraph that it cites. first: the paragraphs of each."""
    passages = [[data.paragraphs[number] for number in row[:PASSAGES]] for row in first.tolist()]
    questions = [data.questions[one] for one in held]
    asked = [[prompt(*pair)] for pair in zip(questions, passages, strict=True)]
    examples = [turn for text, question, answer in EXAMPLES for turn in (prompt(question, [text]), answer)]
    ways: dict[str, Callable[[], list[str]]] = {
        SENTENCE: lambda: [nearest(*pair) for pair in zip(questions, passages, strict=True)],
        SMALL: lambda: small_answers(asked, passages, False),
        COPIES: lambda: small_answers(asked, passages, True),
        SHOWN: lambda: small_answers([[*examples, *turns] for turns in asked], passages, True),
    }
    for name, way in ways.items():
        rows = zip(way(), questions, passages, strict=True)
        yield name, [Cited(text, question, own[cited(text, own)[0] - 1]) for text, question, own in rows]


def nearest(question: str, texts: list[str]) -> str:
    """Return the sentence of some texts that has most words of a question."""
    return max((spans.sentence(question, text) for text in texts), key=lambda one: one[1])[0]


def line(part: str, what: str, answers: list[Cited], model: Verifier) -> dict[str, object]:
    """Return the shares that are called supported."""
    made: dict[str, float] = {}
    for name, values in supported(model, answers).items():
        made |= interval(name.replace(" ", "_"), 1.0 * values, 0.0)
    rounded = {key: round(value, 4) for key, value in made.items()}
    return {"part": part, "what": what, "answers": len(answers)} | rounded


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""

    def cell(name: str) -> Callable[[pd.DataFrame], str]:
        key = name.replace(" ", "_")
        return lambda rows: "{:.2f} ({:.2f} to {:.2f})".format(
            *(rows[part].iloc[0] for part in (key, f"{key}_low", f"{key}_high"))
        )

    columns = {"answers": lambda rows: f"{rows['answers'].iloc[0]:.0f}", ALONE: cell(ALONE), ASKED: cell(ASKED)}
    return markdown(results, {"called supported": "what"}, columns)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--answers", type=int, default=40, help="questions that SmolLM2 answers")
    given = parser.parse_args()
    data_dir, study = settings().data_dir, Study(given.out / "faithful.json", ["part", "what"])
    model, data = verifier(scifact.load(data_dir), data_dir), squad.load(data_dir)
    _, held = parts(data)
    study.add(*(line("planted", what, answers, model) for what, answers in planted(data, held).items()))
    some = held[np.random.default_rng(0).choice(len(held), given.answers, replace=False)]
    with tempfile.TemporaryDirectory(prefix="search-") as folder:
        words = scored(data, Path(folder), some)
    questions = embedding.vectors([data.questions[one] for one in some])
    _, first = figures(words, questions @ embedding.vectors(data.paragraphs).T)
    for what, answers in answered(data, some, first):
        study.add(line("answers", what, answers, model))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
