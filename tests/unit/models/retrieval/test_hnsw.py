"""The graph of nearest vectors, on 1,797 images of digits, next to comparing with all."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from models.retrieval.hnsw import Hnsw, exact

M, K = 8, 10
ASKED = 100


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    rows = load_digits().data
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def graph(vectors) -> Hnsw:
    return Hnsw(vectors[ASKED:], M, breadth=40)


def recall(graph, vectors, breadth) -> float:
    found = [graph.search(query, K, breadth)[0] for query in vectors[:ASKED]]
    right = [exact(vectors[ASKED:], query, K) for query in vectors[:ASKED]]
    return float(np.mean([np.isin(neighbours, hits).mean() for neighbours, hits in zip(right, found, strict=True)]))


def test_a_wider_search_finds_more_and_the_widest_all(graph, vectors):
    found = [recall(graph, vectors, breadth) for breadth in (10, 40, 160)]
    assert found == sorted(found) and found[0] > 0.8 and found[-1] > 0.99
    for query in vectors[:3]:
        numbers, distances = graph.search(query, K, len(vectors))
        right = exact(vectors[ASKED:], query, K)
        assert distances == pytest.approx(1 - vectors[ASKED:][right] @ query, abs=1e-6)
        assert set(numbers) == set(right)


def test_a_search_compares_few(graph, vectors):
    before = graph.compared
    for query in vectors[:ASKED]:
        graph.search(query, K, 20)
    assert (graph.compared - before) / ASKED < 0.25 * len(vectors)


def test_links_are_few_and_go_to_vectors_of_their_layer(graph):
    for layer, links in enumerate(graph.links):
        assert all(len(set(others)) == len(others) <= (M if layer else 2 * M) for others in links.values())
        assert all(number not in others and links.keys() >= set(others) for number, others in links.items())
    sizes = [len(links) for links in graph.links]
    assert all(links.keys() >= above.keys() for links, above in zip(graph.links, graph.links[1:], strict=False))
    # A vector is in the layer above with probability 1 / m: 212 are expected, with a standard deviation of 14.
    assert abs(sizes[1] - sizes[0] / M) < 5 * np.sqrt(sizes[0] / M)


def test_all_vectors_are_reached_from_the_entry(graph):
    links, seen, waiting = graph.links[0], {graph.entry}, [graph.entry]
    while waiting:
        fresh = set(links[waiting.pop()]) - seen
        seen |= fresh
        waiting += fresh
    assert len(seen) > 0.999 * len(links)


def test_few_vectors_or_none():
    none = Hnsw(np.zeros((0, 3)))
    assert len(none.search(np.array([1.0, 0, 0]), 5, 10)[0]) == 0
    same = Hnsw(np.repeat([[1.0, 0, 0]], 50, axis=0), m=4)
    assert len(same.search(np.array([1.0, 0, 0], np.float32), 1, 10)[0]) == 1
