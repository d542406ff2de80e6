"""`python -m pipelines.search.rerank`: what a cross-encoder gains that learns from the 809 claims to train on.

MiniLM reads claim and abstract together (`cross_encoder.py`) and orders the first 20 of the served ranking anew. It
learns from four fifths of the claims to train on; the other fifth, without a claim about the same abstracts, says which
share it has. Then the claims to test on are ranked once. Writes `rerank.json` beside this file: nDCG@10, less that of
the ranking before.

With `--tuned`, MiniLM itself goes on learning (`tuned.py`): a GPU takes a minute for it, a CPU hours. Each claim to
train on is ranked by a network that has not seen it, nor another claim about its abstracts, in five folds. These folds
decide whether it is worth more; the claims to test on are for what they choose.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import scifact
from models.encoder import contrastive as tuned
from models.encoder import cross_encoder, minilm
from models.retrieval import fusion
from models.study import Study, markdown, options
from pipelines.search import tune
from pipelines.search.compare import interval
from pipelines.search.rankings import Rankings, ndcg

FOLDER = Path(__file__).parent
DEPTH = 20  # abstracts that are ordered anew
SHARES = tuple(round(0.1 * step, 1) for step in range(11))
PAST, HELD, TEST = "809 claims to train on, in five folds", "a fifth of them, held out", "300 claims to test on"
BEFORE, TUNED = "BM25 and MiniLM", "BM25 and MiniLM tuned"
SERVED, AGAIN = "served", "served, then a cross-encoder"


class Measured:
    """Adds to a study what a ranking gains over a simple one."""

    def __init__(self, study: Study):
        self.study, self.began = study, time.process_time()

    def add(
        self, part: str, ranking: str, seed: int, share: float, scores: np.ndarray, simple: np.ndarray, claims: Any
    ) -> None:
        """Add a line. scores, simple: of all abstracts for each claim. claims: their relevant abstracts."""
        gain = ndcg(scores, claims)
        line = interval("ndcg", gain, 0.0) | interval("more", gain, ndcg(simple, claims))
        line |= {"share": share, "seconds": round(time.process_time() - self.began, 1)}
        self.study.add(
            {"part": part, "ranking": ranking, "seed": seed, "device": cross_encoder.device().type}
            | {key: round(value, 5) for key, value in line.items()}
        )


def chosen(ways: Callable[[float], np.ndarray], relevant: Any) -> float:
    """Return the share with the highest nDCG@10."""
    return SHARES[int(np.argmax([float(ndcg(ways(share), relevant).mean()) for share in SHARES]))]


def again(study: Study, past: Rankings, test: Rankings, plan: cross_encoder.Plan) -> None:
    """Measure the cross-encoder."""
    measured, start, seed = Measured(study), minilm.load(), plan.seed
    abstracts = start.tokens.encode_all(past.data.whole(), start.most)
    fold = tune.folds(past.claims.relevant, seed)
    learn, held = np.flatnonzero(fold != 0), np.flatnonzero(fold == 0)

    def pairs(asked: Rankings, at: np.ndarray) -> cross_encoder.Pairs:
        texts = [asked.claims.texts[one] for one in at]
        return cross_encoder.Pairs(start.tokens, texts, abstracts, plan.most)

    def relevant(asked: Rankings, at: np.ndarray) -> list[np.ndarray]:
        return [asked.claims.relevant[one] for one in at]

    network = cross_encoder.fit(start, pairs(past, learn), past.served[learn], relevant(past, learn), plan)
    share = 0.0
    for part, asked, at in ((HELD, past, held), (TEST, test, np.arange(len(test.claims.keys)))):
        simple, truth = asked.served[at], relevant(asked, at)
        fits = cross_encoder.reordered(network, pairs(asked, at), simple, DEPTH)
        if part == HELD:
            share = chosen(partial(cross_encoder.mixed, simple, fits), truth)
        measured.add(part, SERVED, 0, 0.0, simple, simple, truth)
        measured.add(part, AGAIN, seed, share, cross_encoder.mixed(simple, fits, share), simple, truth)


def go_on(study: Study, past: Rankings) -> None:
    """Measure MiniLM that goes on learning."""
    measured, start = Measured(study), minilm.load()
    abstracts = start.tokens.encode_all(past.data.whole(), start.most)

    def cosines(at: np.ndarray, held: np.ndarray) -> np.ndarray:
        texts = start.tokens.encode_all([past.claims.texts[one] for one in at], start.most)
        right = [past.claims.relevant[one] for one in at]
        network = tuned.fit(start, texts, abstracts, past.both[at], right, tuned.Plan())
        questions = start.tokens.encode_all([past.claims.texts[one] for one in held], start.most)
        pad = start.tokens.pad
        return np.asarray(tuned.embed(network, questions, pad) @ tuned.embed(network, abstracts, pad).T)

    measured.add(PAST, BEFORE, 0, past.settings.share, past.both, past.both, past.claims.relevant)
    fold, made = tune.folds(past.claims.relevant, 0), np.empty(past.words.shape)
    for number in range(tune.FOLDS):
        mine = np.flatnonzero(fold == number)
        made[mine] = cosines(np.flatnonzero(fold != number), mine)
    share = chosen(lambda share: fusion.weighted(past.words, made, share), past.claims.relevant)
    ranked = fusion.weighted(past.words, made, share)
    measured.add(PAST, TUNED, 0, share, ranked, past.both, past.claims.relevant)


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md, the mean of the seeds."""
    columns: dict[str, Any] = {
        "share": lambda rows: f"{rows['share'].iloc[0]:g}",
        "nDCG@10": lambda rows: f"{rows['ndcg'].mean():.4f}",
        "more than without learning": lambda rows: "{:.4f} ({:.4f} to {:.4f})".format(
            *(rows[part].mean() for part in ("more", "more_low", "more_high"))
        ),
    }
    return markdown(results, {"claims": "part", "ranking": "ranking"}, columns)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    parser.add_argument("--tuned", action="store_true", help="MiniLM that goes on learning")
    given = parser.parse_args()
    study, data = Study(given.out / "rerank.json", ["part", "ranking", "seed"]), scifact.load(settings().data_dir)
    past = Rankings(data, "train")
    if given.tuned:
        go_on(study, past)
    else:
        test = Rankings(data, "test")
        for seed in range(given.seeds):
            again(study, past, test, cross_encoder.Plan(seed=seed))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
