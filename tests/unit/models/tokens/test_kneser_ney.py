"""Smoothed n-grams: probabilities that sum to one, and are those of the formula."""

import numpy as np
import pytest

from models.tokens.kneser_ney import KneserNey

TEXT = np.frombuffer(b"abracadabra, abra; the cat sat on the mat, that is that." * 3, np.uint8)


def by_hand(text: bytes, gram: bytes, modified: bool, highest: bool = True) -> float:
    """Return the probability of the last byte of a gram, written out as the formula is."""
    if not gram:
        return 1 / 256

    def count(some: bytes) -> int:
        places = [i for i in range(len(text) - len(some) + 1) if text[i : i + len(some)] == some]
        return len(places) if highest else len({text[i - 1] for i in places if i})

    size = len(gram)
    counts = {some: count(some) for some in {text[i : i + size] for i in range(len(text) - size + 1)}}
    counts = {some: number for some, number in counts.items() if number}
    below = by_hand(text, gram[1:], modified, highest=False)
    alike = [number for some, number in counts.items() if some[:-1] == gram[:-1]]
    if not alike:
        return below
    n = [sum(number == wanted for number in counts.values()) for wanted in range(6)]
    share = n[1] / (n[1] + 2 * n[2]) if n[1] else 0.5
    taken = {1: share, 2: share, 3: share}
    if modified and all(n[1:5]):
        taken = {times: times - (times + 1) * share * n[times + 1] / n[times] for times in (1, 2, 3)}
        taken = {times: min(max(value, 0), times) for times, value in taken.items()}
    left = sum(taken[min(number, 3)] for number in alike) / sum(alike)
    kept = counts[gram] - taken[min(counts[gram], 3)] if gram in counts else 0
    return kept / sum(alike) + left * below


@pytest.mark.parametrize("modified", [True, False])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_chances_are_those_of_the_formula(order, modified):
    model, tried = KneserNey(TEXT, order, modified), np.frombuffer(b"that cat, abracadabra!", np.uint8)
    found = model.chances(tried)
    for place in range(order - 1, len(tried)):
        gram = tried[place - order + 1 : place + 1].tobytes()
        assert found[place] == pytest.approx(by_hand(TEXT.tobytes(), gram, modified)), gram


@pytest.mark.parametrize("order", [1, 3, 8])
def test_chances_of_all_bytes_sum_to_one(order):
    chances = KneserNey(TEXT, order).following(np.frombuffer(b"the cat zzzzzz abracadabra", np.uint8))
    assert chances.shape == (26, 256) and (chances > 0).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1)


def test_chances_of_a_text_are_those_of_its_bytes():
    model, text = KneserNey(TEXT, 5), np.frombuffer(b"the dog", np.uint8)
    found = model.following(text)[np.arange(6), text[1:]]
    np.testing.assert_allclose(model.chances(text)[1:], found)


def test_longer_grams_than_fit_a_number_are_refused():
    with pytest.raises(ValueError, match="from 1 to 8"):
        KneserNey(TEXT, 9)
