"""`python -m pipelines.documents.claims`: SciFact's claims against abstracts, by sentences; it measures, and shows.

It writes `claims.json` into the folder that it is given, and prints the tables. With `--show FILE.md` it writes the
claims of the test part that it calls supported or contradicted, each with its abstract and its sentences.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from capstan.errors import CapstanError
from capstan.inputs import downloads, weights_files
from capstan.settings import settings
from models.encoder import minilm_weights, vectors
from models.encoder.verifier import VERDICTS, Judged, Pair, Verifier, stems
from models.study import Study, markdown, options
from pipelines.documents.claims_data import Abstract, Claim, Retrieval, abstracts, claims

FOLDER = Path(__file__).parent
FOUND = 3  # abstracts that are looked at for a claim of the test part
OTHERS = 400  # claims to train on that get an abstract that they do not cite
STRENGTHS, THRESHOLDS = (0.01, 0.1, 1.0), (0.2, 0.3, 0.4)
DRAWS = 200  # of the bootstrap over claims
MISSED = Judged(VERDICTS[2], np.array([0.0, 0, 1]), np.zeros(0), [])  # of an abstract that was not found
SIMPLE = {
    "none": 'always "not enough"', "last": 'always "supports", the last sentence',
    "words": 'always "supports", the sentence with most of its words',
    "vectors": 'always "supports", the nearest sentence',
}  # fmt: skip


class Case(NamedTuple):
    """A claim and an abstract, with the truth."""

    claim: Claim
    paper: int
    verdict: str
    reasons: list[int]


def cases(claim: Claim, papers: Sequence[int]) -> list[Case]:
    """Return a claim with some abstracts. One that does not decide it has "not enough"."""
    return [Case(claim, one, *claim.decided.get(one, (VERDICTS[2], []))) for one in papers]


def paired(each: Sequence[Case], papers: dict[int, Abstract]) -> list[Pair]:
    """Return claims and abstracts with the vectors of their sentences."""
    texts = sorted({text for one in each for text in (one.claim.text, *papers[one.paper].sentences)})
    made = vectors.of(texts, weights_files.fetch_all(minilm_weights.WEIGHTS))
    row = dict(zip(texts, made, strict=True))
    return [
        Pair(one.claim.text, own, row[one.claim.text], np.array([row[text] for text in own]))
        for one in each
        for own in [papers[one.paper].sentences]
    ]


def learned(each: Sequence[Case], pairs: Sequence[Pair], strength: float, threshold: float) -> Verifier:
    """Return a verifier that learned from cases."""
    groups = [one.claim.number for one in each]
    return Verifier(strength, threshold).fit(
        pairs, [one.verdict for one in each], [one.reasons for one in each], groups
    )


def chosen(each: Sequence[Case], pairs: Sequence[Pair]) -> tuple[float, float]:
    """Return the strength and the threshold that are best on every fifth claim, learned from the others."""
    held = [at for at, one in enumerate(each) if one.claim.number % 5 == 0]
    kept = [at for at, one in enumerate(each) if one.claim.number % 5]
    scores = {}
    for strength, threshold in itertools.product(STRENGTHS, THRESHOLDS):
        model = learned([each[at] for at in kept], [pairs[at] for at in kept], strength, threshold)
        made = scored([each[at] for at in held], model.judged([pairs[at] for at in held]))
        scores[strength, threshold] = made["macro_f1"] + made["sentence_f1"]
    return max(scores, key=lambda key: scores[key])


def scored(each: Sequence[Case], judged: Sequence[Judged]) -> dict[str, float]:
    """Return the accuracy and macro F1 of verdicts, and F1 of the sentences of what is decided, beside their truth."""
    true, said = [one.verdict for one in each], [one.verdict for one in judged]
    right = {(one, at) for one, case in enumerate(each) for at in case.reasons}
    made = {(one, at) for one, answer in enumerate(judged) for at in answer.chosen}
    both = {(one, at) for one, at in made & right if true[one] == said[one]}
    f1 = []
    for name in VERDICTS:
        hits = sum(a == b == name for a, b in zip(true, said, strict=True))
        f1.append(2 * hits / max(true.count(name) + said.count(name), 1))
    decided = [(a, b) for a, b in zip(true, said, strict=True) if a != VERDICTS[2]]
    named = sum(a == b for a, b in decided)
    return {
        "accuracy": float(np.mean([a == b for a, b in zip(true, said, strict=True)])),
        "macro_f1": float(np.mean(f1)),
        "abstract_f1": 2 * named / max(len(decided) + sum(one != VERDICTS[2] for one in said), 1),
        "sentence_f1": 2 * len(made & right) / max(len(made) + len(right), 1),
        "sentence_label_f1": 2 * len(both) / max(len(made) + len(right), 1),
    }


def simple(each: Sequence[Case], pairs: Sequence[Pair], by: str) -> list[Judged]:
    """Return the answers of a simple method: always "supports", with the nearest or the last sentence; or nothing."""
    made = []
    if by == "none":
        return [MISSED for _ in pairs]
    for pair in pairs:
        claim = set(stems(pair.claim))
        score = {
            "words": [len(claim & set(stems(one))) / max(len(claim), 1) for one in pair.sentences],
            "vectors": (pair.vectors @ pair.claim_vector).tolist(),
            "last": list(range(len(pair.sentences))),
        }[by]
        made.append(Judged(VERDICTS[0], np.array([1.0, 0, 0]), np.array(score), [int(np.argmax(score))]))
    return made


def intervals(each: Sequence[Case], judged: Sequence[Judged]) -> dict[str, float]:
    """Return the figures, and the ends of their 95 % intervals, by a bootstrap over claims."""
    rng = np.random.default_rng(0)
    rows: dict[int, list[int]] = {}
    for at, one in enumerate(each):
        rows.setdefault(one.claim.number, []).append(at)
    drawn = []
    for _ in range(DRAWS):
        some = [row for number in rng.choice(list(rows), len(rows)) for row in rows[int(number)]]
        drawn.append(scored([each[one] for one in some], [judged[one] for one in some]))
    low, high = pd.DataFrame(drawn).quantile([0.025, 0.975]).to_dict("records")
    ends = {f"{name}_low": low[name] for name in low} | {f"{name}_high": high[name] for name in high}
    return scored(each, judged) | ends


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""

    def of(name: str) -> Callable[[pd.DataFrame], str]:
        return lambda rows: (
            f"{rows[name].mean():.3f} ({rows[name + '_low'].mean():.3f} to {rows[name + '_high'].mean():.3f})"
        )

    return markdown(results, {"abstracts": "setting", "method": "method"}, {
        "pairs": lambda rows: f"{rows['pairs'].mean():.0f}",
        "accuracy": of("accuracy"), "macro F1": of("macro_f1"), "F1 of abstracts with label": of("abstract_f1"),
        "F1 of sentences": of("sentence_f1"), "with label": of("sentence_label_f1"),
    })  # fmt: skip


def shown(each: Sequence[Case], judged: Sequence[Judged], papers: dict[int, Abstract]) -> str:
    """Return what is called supported or contradicted, as a table in Markdown, the surest first."""
    lines = [
        "| verdict | how likely | claim | abstract | sentences | in truth |",
        "| --- | ---: | --- | --- | --- | --- |",
    ]
    order = sorted(range(len(each)), key=lambda at: -float(judged[at].chances[:2].max()))
    for at in order:
        one, answer = each[at], judged[at]
        if answer.verdict != VERDICTS[2]:
            paper = papers[one.paper]
            said = " … ".join(paper.sentences[place] for place in answer.chosen)
            cells = (one.claim.text, paper.title, said, one.verdict)
            likely = f"{answer.chances[VERDICTS.index(answer.verdict)]:.2f}"
            lines.append(
                f"| {answer.verdict} | {likely} | " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure the verdicts, or show them."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--show", type=Path, help="a file of Markdown for the claims that are decided")
    given = parser.parse_args()
    corpus = downloads.find("scifact/corpus.jsonl.gz", settings().data_dir)
    if corpus is None:
        raise CapstanError("scifact/corpus.jsonl.gz is missing. Put SciFact, as BEIR has it, into CAPSTAN_DATA_DIR.")
    papers, said = abstracts(corpus.parent), claims(corpus.parent)
    retrieval = Retrieval(papers)
    train = [one for claim in said if claim.part == "train" for one in cases(claim, claim.cited)]
    for claim in [one for one in said if one.part == "train"][:OTHERS]:
        other = [one for one in retrieval.best(claim.text, FOUND) if one not in claim.cited][:1]
        train += cases(claim, other)
    test = [one for one in said if one.part == "test"]
    cited = [case for claim in test for case in cases(claim, claim.cited)]
    best = {claim.number: retrieval.best(claim.text, FOUND) for claim in test}
    found = [case for claim in test for case in cases(claim, best[claim.number])]
    missed = [one for one in cited if one.reasons and one.paper not in best[one.claim.number]]
    pairs = paired([*train, *cited, *found], papers)
    strength, threshold = chosen(train, pairs[: len(train)])
    print(f"chosen: strength {strength}, threshold {threshold}")
    model = learned(train, pairs[: len(train)], strength, threshold)
    study = Study(given.out / "claims.json", ["setting", "method"])
    for setting, each, start in (("cited", cited, len(train)), ("found", found, len(train) + len(cited))):
        own = pairs[start : start + len(each)]
        judged = model.judged(own)
        methods = {"verifier": judged} | {title: simple(each, own, by) for by, title in SIMPLE.items()}
        more = missed if setting == "found" else []
        for method, answers in methods.items():
            if not study.has(setting=setting, method=method):
                figures = intervals([*each, *more], [*answers, *[MISSED] * len(more)])
                study.add({"setting": setting, "method": method, "pairs": len(each) + len(more)} | figures)
        if given.show and setting == "found":
            given.show.write_text(shown(each, judged, papers))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
