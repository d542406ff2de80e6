"""Interleaved lists: fair to both rankings, whatever people click without looking."""

import numpy as np
import pytest

from models.retrieval.interleaving import CLICKERS, Clicker, Drafted, drafted

RNG = np.random.default_rng(0)


def test_a_list_has_the_best_of_both_in_their_order():
    for seed in range(20):
        random = np.random.default_rng(seed)
        first, second = RNG.permutation(20).tolist(), RNG.permutation(20).tolist()
        mixed = drafted(first, second, 10, random)
        assert len(set(mixed.documents)) == 10
        assert sorted(mixed.teams) == [0] * 5 + [1] * 5
        for team, ranking in ((0, first), (1, second)):
            own = [document for document, of in zip(mixed.documents, mixed.teams, strict=True) if of == team]
            assert [ranking.index(document) for document in own] == sorted(ranking.index(document) for document in own)
            for document in own:  # what stood before it in its ranking was in the list already
                before = ranking[: ranking.index(document)]
                assert set(before) <= set(mixed.documents[: mixed.documents.index(document)])


def test_short_rankings_give_short_lists():
    mixed = drafted([1, 2], [2, 3], 10, RNG)
    assert sorted(mixed.documents) == [1, 2, 3]
    assert drafted([], [], 5, RNG).documents == []


def test_clicks_without_looking_favour_neither():
    """The paper's point: a click at random falls on both teams alike, though one ranking is the other backwards."""
    first = list(range(20))
    credits = []
    for _ in range(2_000):
        shown = drafted(first, first[::-1], 10, RNG)
        credits.append(shown.credit(shown.documents[:1]))  # the top alone
    assert abs(np.mean(credits)) < 0.08  # 3.6 standard errors


def test_credit_is_of_the_team_with_more_clicks():
    shown = Drafted([4, 5, 6], [0, 1, 1])
    assert [shown.credit(clicks) for clicks in ([], [4], [5], [4, 6], [4, 5, 6])] == [0, -1, 1, 0, 1]


@pytest.mark.parametrize("people", CLICKERS)
def test_people_click_as_often_as_their_model_says(people):
    clicker, relevant = CLICKERS[people], np.array([0])
    stay = Clicker(clicker.click, (0.0, 0.0))
    clicks = [stay.clicks([0, 1], relevant, RNG) for _ in range(2_000)]
    shares = [np.mean([document in session for session in clicks]) for document in (0, 1)]
    assert shares == pytest.approx([clicker.click[1], clicker.click[0]], abs=0.05)
