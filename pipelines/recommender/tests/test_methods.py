"""Each method that is written here against its reference."""

import numpy as np
import pytest
import torch

from models.recommendation import two_tower
from models.recommendation.als import Als
from models.recommendation.blended import Blended
from models.recommendation.content import Content
from models.recommendation.ease import Ease
from models.recommendation.histories import Histories, histories
from models.recommendation.item_knn import ItemKnn
from models.recommendation.item_to_item import LEAST
from models.recommendation.popularity import Popularity
from models.recommendation.svd import Svd
from models.recommendation.user_knn import UserKnn


@pytest.fixture(scope="module")
def often(past) -> np.ndarray:
    return np.flatnonzero(past.matrix().getnnz(axis=0) >= LEAST)


def test_popularity_counts(past, films):
    scores = Popularity().fit(past, films).scores(past.part(0, 2).matrix())
    assert (scores[0] == np.asarray((past.matrix() > 0).sum(axis=0))[0]).all() and (scores[0] == scores[1]).all()


@pytest.mark.filterwarnings("ignore:Method expects CSR")  # of what implicit itself makes
def test_cosines_are_those_of_implicit(past, films):
    from implicit.nearest_neighbours import CosineRecommender

    past = past.part(0, 30)
    often = np.flatnonzero(past.matrix().getnnz(axis=0) >= LEAST)
    mine = ItemKnn(neighbours=10_000, shrink=0).fit(past, films)
    theirs = CosineRecommender(K=len(often), num_threads=1)
    theirs.fit(past.matrix()[:, often].astype(float), show_progress=False)
    expected = theirs.similarity.toarray()
    np.fill_diagonal(expected, 0)
    assert mine.weights == pytest.approx(expected, abs=1e-5)


def test_only_the_nearest_neighbours_count(past, films):
    counts = (ItemKnn(neighbours=5).fit(past, films).weights > 0).sum(axis=0)
    assert np.median(counts) <= 10 and counts.min() >= 5  # ties all count


def test_ease_is_a_ridge_regression_of_each_film_on_the_others(past, films, often):
    from sklearn.linear_model import Ridge

    mine, seen = Ease(ridge=50).fit(past, films), past.matrix()[:, often].toarray().astype(float)
    for film in (0, 7, len(often) - 1):
        others = np.delete(np.arange(len(often)), film)
        expected = Ridge(alpha=50, fit_intercept=False).fit(seen[:, others], seen[:, film])
        assert mine.weights[others, film] == pytest.approx(expected.coef_, abs=1e-5)
    assert (mine.weights.diagonal() == 0).all()


def test_svd_is_the_best_approximation_of_its_rank(past, films):
    past = past.part(0, 30)
    seen = past.matrix().toarray()
    left, values, right = np.linalg.svd(seen, full_matrices=False)
    expected = (left[:, :8] * values[:8]) @ right[:8]
    assert Svd(factors=8).fit(past, films).scores(past.matrix()) == pytest.approx(expected, abs=1e-3)


def test_histories_are_folded_in_as_implicit_does(past, films):
    mine = Als(factors=8, rounds=3).fit(past, films)
    library = mine.library(past, seed=0)
    few = past.part(0, 5).matrix()
    expected = library.recalculate_user(np.arange(5), few * (1 + mine.alpha))
    assert mine.scores(few) == pytest.approx(expected @ library.item_factors.T, abs=1e-3)


def test_neighbours_are_those_of_scikit_learn(past, films):
    from sklearn.neighbors import NearestNeighbors

    seen, asked = past.matrix(), past.part(0, 5).matrix()
    model = NearestNeighbors(n_neighbors=7, metric="cosine", algorithm="brute").fit(seen)
    distance, near = model.kneighbors(asked)
    expected = np.stack([(1 - far) @ seen[rows].toarray() for far, rows in zip(distance, near, strict=True)])
    assert UserKnn(neighbours=7).fit(past, films).scores(asked) == pytest.approx(expected, abs=1e-4)


def test_blend_is_neighbours_for_few_films_and_ease_for_many(past, films, often):
    blend = Blended(half=1e9).fit(past, films)
    near, ease = UserKnn(100).fit(past, films), Ease(200).fit(past, films)
    counted = blend.counted(past.part(0, 5).matrix("stars"))
    assert same_order(blend.scores(counted)[:, often], near.scores(counted)[:, often])
    blend.few, blend.half = 0, 1e-9
    assert same_order(blend.scores(counted)[:, often], ease.scores(counted)[:, often])


def same_order(scores: np.ndarray, others: np.ndarray) -> bool:
    """Return whether scores are others times a positive number, row by row."""
    return all(np.corrcoef(*pair)[0, 1] > 1 - 1e-6 for pair in zip(scores, others, strict=True))


def test_blend_takes_popularity_where_nothing_is_known(past, films, often):
    blend = Blended(prior=0.2).fit(past, films)
    nobody = blend.scores(histories([[]], [[]], films.numbers).matrix())[0]
    counts = past.matrix().getnnz(axis=0)
    assert np.corrcoef(nobody[often], counts[often])[0, 1] == pytest.approx(1)
    assert nobody[counts < LEAST].max() < nobody[often].max()


def test_content_finds_films_of_the_same_genre(films, past):
    western = next(place for place, genres in enumerate(films.genres) if genres == "Western")
    history = Histories([np.array([western])], [np.array([5.0])], len(films)).matrix()
    best = np.argsort(-Content(popularity=0).fit(past, films).scores(history)[0])[:20]
    assert all("Western" in films.genres[place] for place in best)
    assert np.linalg.norm(films.terms()[western].toarray()) == pytest.approx(1)


@pytest.fixture(scope="module")
def tower(past, films):
    return two_tower.TwoTower(size=16, epochs=4).fit(past, films)


def test_arrays_answer_as_the_towers_do(tower, past):
    net = two_tower.towers(np.zeros((len(tower.kept), 1), dtype=np.float32), 16, 0).eval()
    for name, (weight, bias) in zip(("first", "second"), tower.layers, strict=True):
        net[name].load_state_dict({"weight": torch.tensor(weight), "bias": torch.tensor(bias)})
    net["history"].load_state_dict({"weight": torch.tensor(tower.embeddings)})
    row = past.part(3, 4).matrix("stars")[:, tower.kept]
    weights = torch.tensor(row.data / row.data.sum())
    with torch.no_grad():
        expected = two_tower.history_vectors(net, torch.tensor(row.indices), torch.tensor([0]), weights).numpy()
    assert tower.history_vectors(past.part(3, 4).matrix("stars")) == pytest.approx(expected, abs=1e-5)


def test_towers_learn_what_was_left_out(past, films, tower):
    before, after = past.cut()
    trained = two_tower.TwoTower(size=16, epochs=4).fit(before, films)
    scores = trained.scores(before.matrix("stars"))
    scores[before.matrix().nonzero()] = -np.inf
    places = (-scores).argsort(axis=1)[:, :50]
    hits = np.mean([np.isin(row, held).any() for row, held in zip(places, after, strict=True)])
    assert hits > 0.5  # by chance: 5 %
    assert trained.scores(before.matrix("stars")).tobytes() == scores_again(before, films).tobytes()


def test_towers_learn_the_same_with_a_kernel(past, films):
    few, asked = past.part(0, 6), past.part(6, 9).matrix("stars")
    usual, fused = (two_tower.TwoTower(size=8, epochs=2, fused=fused).fit(few, films) for fused in (False, True))
    assert fused.scores(asked) == pytest.approx(usual.scores(asked), abs=1e-4)
    assert fused.embeddings.std() != pytest.approx(0.1, abs=1e-4)  # as they begin


def scores_again(before, films) -> np.ndarray:
    return two_tower.TwoTower(size=16, epochs=4).fit(before, films).scores(before.matrix("stars"))


def test_somebody_without_ratings_gets_finite_scores(past, films, tower):
    nobody = histories([[]], [[]], films.numbers).matrix()
    for method in (
        Popularity(),
        Content(),
        Blended(),
        ItemKnn(),
        Ease(),
        Svd(factors=4),
        Als(factors=4, rounds=2),
        UserKnn(),
    ):
        assert np.isfinite(method.fit(past, films).scores(nobody)).all(), method
    assert np.isfinite(tower.scores(nobody)).all()
