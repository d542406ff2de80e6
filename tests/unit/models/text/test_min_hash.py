"""MinHash next to the Jaccard index that it stands for."""

import numpy as np
import pytest

from models.text import min_hash

DRAWN = np.random.default_rng(0).integers(0, 2**64, 6_000, dtype=np.uint64)
SETS = [DRAWN[start : start + 1_000] for start in (0, 250, 500, 5_000)]


def test_shingles_are_runs_of_words_whatever_their_case_and_signs():
    assert len(min_hash.shingles("one two three four five six")) == 2
    np.testing.assert_array_equal(min_hash.shingles("One, two: three!"), min_hash.shingles("one two three"))
    assert not np.array_equal(min_hash.shingles("one two three"), min_hash.shingles("two one three"))
    assert len(min_hash.shingles("")) == 0 and len(min_hash.shingles("a b c d e f " * 50)) == 6


@pytest.mark.parametrize(("other", "wanted"), [(1, 0.6), (2, 1 / 3), (3, 0.0)])
def test_hashes_agree_as_often_as_the_jaccard_index_says(other, wanted):
    assert min_hash.jaccard(SETS[0], SETS[other]) == pytest.approx(wanted)
    signed = min_hash.signatures([SETS[0], SETS[other]], size=4_000)
    assert (signed[0] == signed[1]).mean() == pytest.approx(wanted, abs=0.03)  # 4 standard deviations


def test_bands_agree_as_often_as_the_curve_says():
    """1 - (1 - s^rows)^bands, Leskovec et al., 3.4.2, over 200 draws of hash functions."""
    met = [len(min_hash.candidates(min_hash.signatures([SETS[0], SETS[2]], seed=seed))) for seed in range(200)]
    wanted = 1 - (1 - (1 / 3) ** min_hash.ROWS) ** min_hash.BANDS
    assert np.mean(met) == pytest.approx(wanted, abs=4 * (wanted * (1 - wanted) / 200) ** 0.5)


def test_near_pairs_are_found_and_others_left_out():
    words = [f"word{number}" for number in range(300)]
    texts = [" ".join(words), " ".join([*words[:290], "new", "end"]), " ".join(words[::-1]), "", ""]
    ((first, second, score),) = min_hash.near([min_hash.shingles(text) for text in texts], 0.6)
    assert (first, second) == (0, 1) and score == pytest.approx(286 / (296 + 288 - 286))
