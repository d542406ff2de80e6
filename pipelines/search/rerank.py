"""`python -m pipelines.search.rerank`: what MiniLM gains that learns from the 809 claims to train on, on a GPU.

MiniLM goes on learning (`tuned.py`), and reads pairs (`cross_encoder.py`). Each claim to train on is ranked by networks
that have not seen it, nor another claim about its abstracts: five folds say which share each one has. Then both learn
from all of these claims, and the claims to test on are ranked once for each seed. Writes `rerank.json` beside this
file: nDCG@10 of each step, less that of the ranking without learning. `--scores FILE` keeps the scores of all pairs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from models import minilm
from models.sentence_encoder import SentenceEncoder
from models.study import Study, markdown, options
from pipelines.search import cross_encoder, fusion, scifact, tune, tuned
from pipelines.search.compare import interval
from pipelines.search.rankings import Rankings, ndcg

FOLDER = Path(__file__).parent
DEPTH = 30  # abstracts that are ordered anew
SHARES = tuple(round(0.1 * step, 1) for step in range(11))
PLANS = (tuned.Plan(), cross_encoder.Plan())
PAST, TEST = "809 claims to train on, in five folds", "300 claims to test on"
BEFORE, TUNED, AGAIN = "BM25 and MiniLM", "BM25 and MiniLM tuned", "and a cross-encoder"


class Learners:
    """Both networks, from some claims to the scores of others."""

    def __init__(self, start: SentenceEncoder, data: scifact.SciFact, past: Rankings, plans: Sequence[Any]):
        """past: of the claims to learn from. plans: of the tuned encoder and of the cross-encoder."""
        self.start, self.past, self.plans = start, past, plans
        self.abstracts = start.tokens.encode_all(data.whole(), start.most)

    def cosines(self, at: np.ndarray, asked: Rankings, held: np.ndarray) -> np.ndarray:
        """Return the cosines of all abstracts for the claims `held` of `asked`, learned from the claims `at`."""
        tokens, past = self.start.tokens, self.past
        texts = tokens.encode_all([past.claims.texts[one] for one in at], self.start.most)
        relevant = [past.claims.relevant[one] for one in at]
        network = tuned.fit(self.start, texts, self.abstracts, past.both[at], relevant, self.plans[0])
        questions = tokens.encode_all([asked.claims.texts[one] for one in held], self.start.most)
        return np.asarray(
            tuned.embed(network, questions, tokens.pad) @ tuned.embed(network, self.abstracts, tokens.pad).T
        )

    def fits(self, at: np.ndarray, asked: Rankings, held: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Return how well the first abstracts fit the claims `held` of `asked`, by what learned from the claims `at`.

        scores: of the first ranking, of the held claims.
        """
        relevant = [self.past.claims.relevant[one] for one in at]
        network = cross_encoder.fit(self.start, self.pairs(self.past, at), self.past.both[at], relevant, self.plans[1])
        return cross_encoder.reordered(network, self.pairs(asked, held), scores, DEPTH)

    def pairs(self, asked: Rankings, at: np.ndarray) -> cross_encoder.Pairs:
        """Return some claims and all abstracts as numbers."""
        texts, most = [asked.claims.texts[one] for one in at], self.plans[1].most
        return cross_encoder.Pairs(self.start.tokens, texts, self.abstracts, most)


def out_of_fold(past: Rankings, made: Callable[[np.ndarray, np.ndarray], np.ndarray], seed: int) -> np.ndarray:
    """Return the scores of each claim by what has learned without its fold. made: of claims to learn from, and held."""
    fold, scores = tune.folds(past.claims.relevant, seed), np.empty(past.words.shape)
    for held in range(tune.FOLDS):
        mine = np.flatnonzero(fold == held)
        scores[mine] = made(np.flatnonzero(fold != held), mine)
    return scores


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README, the mean of the seeds."""
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
    parser.add_argument("--scores", type=Path, help="a file for the scores of all pairs, .npz")
    given = parser.parse_args()
    run(Study(given.out / "rerank.json", ["part", "ranking", "seed"]), given.seeds, given.scores)


def run(
    study: Study, seeds: int, kept: Path | None, plans: Sequence[Any] = (tuned.Plan(), cross_encoder.Plan())
) -> None:
    """Measure with some plans, of the tuned encoder and of the cross-encoder."""
    data = scifact.load(settings().data_dir)
    past, test = Rankings(data, "train"), Rankings(data, "test")
    learners, everything = Learners(minilm.load(), data, past, plans), np.arange(len(past.claims.keys))
    began, saved = time.monotonic(), dict[str, np.ndarray]()

    def measure(part: str, ranking: str, seed: int, share: float, scores: np.ndarray, simple: np.ndarray) -> None:
        relevant = (past if part == PAST else test).claims.relevant
        gain = ndcg(scores, relevant)
        line = interval("ndcg", gain, 0.0) | interval("more", gain, ndcg(simple, relevant))
        line |= {"share": share, "seconds": round(time.monotonic() - began, 1)}
        study.add(
            {"part": part, "ranking": ranking, "seed": seed, "device": cross_encoder.device().type}
            | {key: round(value, 5) for key, value in line.items()}
        )

    def chosen(ways: Callable[[float], np.ndarray]) -> float:
        found = [float(ndcg(ways(share), past.claims.relevant).mean()) for share in SHARES]
        return SHARES[int(np.argmax(found))]

    def best(asked: Rankings, cosines: np.ndarray, share: float) -> np.ndarray:
        return fusion.weighted(asked.words, cosines, share)

    measure(PAST, BEFORE, 0, past.settings.share, past.both, past.both)
    measure(TEST, BEFORE, 0, past.settings.share, test.both, test.both)
    saved["past_cosines"] = out_of_fold(past, lambda at, held: learners.cosines(at, past, held), 0)
    first = chosen(lambda share: best(past, saved["past_cosines"], share))
    ranked = best(past, saved["past_cosines"], first)
    measure(PAST, TUNED, 0, first, ranked, past.both)
    saved["past_fits"] = out_of_fold(past, lambda at, held: learners.fits(at, past, held, ranked[held]), 0)
    second = chosen(lambda share: cross_encoder.mixed(ranked, saved["past_fits"], share))
    measure(PAST, AGAIN, 0, second, cross_encoder.mixed(ranked, saved["past_fits"], second), past.both)
    every = np.arange(len(test.claims.keys))
    for seed in range(seeds):
        learners.plans = [replace(plan, seed=seed) for plan in plans]
        cosines = learners.cosines(everything, test, every)
        scores = best(test, cosines, first)
        measure(TEST, TUNED, seed, first, scores, test.both)
        fits = learners.fits(everything, test, every, scores)
        measure(TEST, AGAIN, seed, second, cross_encoder.mixed(scores, fits, second), test.both)
        saved |= {f"test_cosines_{seed}": cosines, f"test_fits_{seed}": fits}
        if kept:
            np.savez(kept, allow_pickle=False, **{name: value.astype(np.float16) for name, value in saved.items()})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
