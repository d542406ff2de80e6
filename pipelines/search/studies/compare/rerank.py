"""What MiniLM gains by learning from the 809 claims to train on.

`reordered`: a cross-encoder reads claim and abstract together and orders the first 20 of the served ranking again. It
learns from four fifths of the claims to train on; the other fifth, without a claim about the same abstracts, chooses
its share. Then the claims to test on are ranked once.

`tuned`: MiniLM itself goes on learning. Each claim to train on is ranked by a network that has not seen it, nor another
claim about its abstracts, in five folds. A GPU takes a minute, a CPU hours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from capstan.study import Line, ranged
from models.encoder import contrastive, cross_encoder, minilm
from models.retrieval import fusion
from pipelines.search.ranking import ndcg
from pipelines.search.studies import rankings
from pipelines.search.studies.rankings import Rankings, folds

DEPTH = 20  # abstracts that are ordered again
SHARES = tuple(round(0.1 * step, 1) for step in range(11))
PAST, HELD, TEST = "809 claims to train on, in five folds", "a fifth of them, held out", "300 claims to test on"
COLUMNS = {
    "share": lambda rows: f"{rows['share'].iloc[0]:g}",
    "nDCG@10": lambda rows: f"{rows['ndcg'].mean():.4f}",
    "more than without learning": ranged("more"),
}


def line(
    claims: str, name: str, share: float, scores: np.ndarray, simple: np.ndarray, relevant: Sequence[np.ndarray]
) -> Line:
    """Return how well a ranking answers some claims. scores, simple: of all abstracts, of it and the one before it."""
    gain = ndcg(scores, relevant)
    values = rankings.interval("ndcg", gain) | rankings.interval("more", gain, ndcg(simple, relevant))
    fields = {"part": "learning", "claims": claims, "ranking": name, "device": cross_encoder.device().type}
    return fields | values | {"share": share, "seconds": round(time.process_time(), 1)}


def chosen(ranked: Callable[[float], np.ndarray], relevant: Sequence[np.ndarray]) -> float:
    """Return the share with the highest nDCG@10."""
    return SHARES[int(np.argmax([float(ndcg(ranked(share), relevant).mean()) for share in SHARES]))]


def reordered(seed: int, plan: cross_encoder.Plan | None = None, most: int | None = None) -> Iterator[Line]:
    """Yield the lines of the served ranking and of the cross-encoder. most: claims of each part, for a trial."""
    past, test, plan = rankings.of("train"), rankings.of("test"), plan or cross_encoder.Plan(seed=seed)
    start = minilm.load()
    abstracts = start.tokens.encode_all(past.data.whole(), start.most)
    fold = folds(past.claims.relevant, seed)
    learn, held = np.flatnonzero(fold != 0)[:most], np.flatnonzero(fold == 0)[:most]

    def pairs(asked: Rankings, numbers: np.ndarray) -> cross_encoder.Pairs:
        texts = [asked.claims.texts[number] for number in numbers]
        return cross_encoder.Pairs(start.tokens, texts, abstracts, plan.most)

    def relevant(asked: Rankings, numbers: np.ndarray) -> list[np.ndarray]:
        return [asked.claims.relevant[number] for number in numbers]

    network = cross_encoder.fit(start, pairs(past, learn), past.served[learn], relevant(past, learn), plan)
    share = 0.0
    for claims, asked, numbers in ((HELD, past, held), (TEST, test, np.arange(len(test.claims.keys))[:most])):
        simple, truth = asked.served[numbers], relevant(asked, numbers)
        fits = cross_encoder.reordered(network, pairs(asked, numbers), simple, DEPTH)
        if claims == HELD:
            share = chosen(partial(cross_encoder.mixed, simple, fits), truth)
        yield line(claims, "served", 0.0, simple, simple, truth)
        mixed = cross_encoder.mixed(simple, fits, share)
        yield line(claims, "served, then a cross-encoder", share, mixed, simple, truth)


def tuned() -> Iterator[Line]:
    """Yield the lines of BM25 and MiniLM before and after MiniLM goes on learning."""
    past, start = rankings.of("train"), minilm.load()
    relevant = past.claims.relevant
    abstracts = start.tokens.encode_all(past.data.whole(), start.most)

    def cosines(numbers: np.ndarray, held: np.ndarray) -> np.ndarray:
        texts = start.tokens.encode_all([past.claims.texts[number] for number in numbers], start.most)
        right = [relevant[number] for number in numbers]
        network = contrastive.fit(start, texts, abstracts, past.both[numbers], right, contrastive.Plan())
        questions = start.tokens.encode_all([past.claims.texts[number] for number in held], start.most)
        pad = start.tokens.pad
        return np.asarray(contrastive.embed(network, questions, pad) @ contrastive.embed(network, abstracts, pad).T)

    yield line(PAST, "BM25 and MiniLM", past.settings.share, past.both, past.both, relevant)
    fold, meanings = folds(relevant, 0), np.empty(past.words.shape)
    for number in range(rankings.FOLDS):
        mine = np.flatnonzero(fold == number)
        meanings[mine] = cosines(np.flatnonzero(fold != number), mine)
    share = chosen(lambda share: fusion.weighted(past.words, meanings, share), relevant)
    ranked = fusion.weighted(past.words, meanings, share)
    yield line(PAST, "BM25 and MiniLM tuned", share, ranked, past.both, relevant)
