"""Cross-validation of labels that take time."""

import numpy as np
import pytest

from capstan.errors import CapstanError
from models.finance.purged import folds

MONTH = np.timedelta64(21, "D")


@pytest.fixture(scope="module")
def labels(market):
    """The market's return over the month after each day, when that begins, and when it is known."""
    mean = np.log(market.closes).mean(axis=1).to_numpy()[:1_500]
    days = np.datetime64("2006-01-01") + np.arange(len(mean) - 21)
    return mean[21:] - mean[:-21], days, days + MONTH


def score(labels, days, parts) -> float:
    """Return the correlation of each label with that of the nearest day that was learned from: the planted leak."""
    guesses = np.full(len(labels), np.nan)
    for past, test in parts:
        nearest = np.abs(days[test][:, None] - days[past]).argmin(axis=1)
        guesses[test] = labels[past][nearest]
    return float(np.corrcoef(guesses, labels)[0, 1])


def test_planted_leak_has_a_score_in_plain_folds_and_none_in_purged_ones(labels):
    """Knowing the day alone says nothing of the future, but shuffled folds believe that it does."""
    values, begun, known = labels
    shuffled = np.array_split(np.random.default_rng(0).permutation(len(values)), 10)
    plain = [(np.setdiff1d(np.arange(len(values)), test), test) for test in shuffled]
    assert score(values, begun, plain) > 0.9
    assert score(values, begun, list(folds(begun, known, 10, MONTH))) < 0.3


def test_no_label_that_is_learned_from_overlaps_the_test_or_begins_right_after_it(labels):
    _, begun, known = labels
    seen = []
    for past, test in folds(begun, known, 5, MONTH):
        first, last = begun[test[0]], known[test].max()
        assert ((known[past] < first) | (begun[past] > last + MONTH)).all()
        seen += test.tolist()
    assert seen == list(range(len(begun)))


def test_too_few_rows_are_refused(labels):
    with pytest.raises(CapstanError, match="3 rows cannot be parted into 5 folds"):
        next(folds(labels[1][:3], labels[2][:3], 5, MONTH))
