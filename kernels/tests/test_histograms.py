"""Histograms of gradients."""

import numpy as np
import pytest

from kernels import histograms, notice
from kernels.reference.histograms import histograms as reference


def table(rows, columns, width, kind=np.int64):
    random = np.random.default_rng(rows)
    return random.integers(width, size=(rows, columns)).astype(kind), random.normal(size=(2, rows))


@pytest.mark.parametrize(("rows", "columns", "width"), [(1, 1, 1), (50, 3, 7), (2_000, 20, 255)])
@pytest.mark.parametrize("kind", [np.uint8, np.int64])
def test_equals_its_reference_to_the_last_digit(rows, columns, width, kind):
    bins, (gradients, hessians) = table(rows, columns, width, kind)
    for some in (np.arange(rows), np.arange(rows)[::3], np.empty(0, dtype=np.int64)):
        sums = histograms.histograms(bins, some, width, gradients, hessians)
        assert np.array_equal(sums, reference(bins.astype(np.int64), some, width, gradients, hessians))


def test_what_is_no_number_stays_in_its_bin():
    bins, (gradients, hessians) = table(30, 2, 5)
    gradients[4] = np.nan
    sums = histograms.histograms(bins, np.arange(30), 5, gradients, hessians)
    assert np.argwhere(np.isnan(sums)).tolist() == [[0, column, bins[4, column]] for column in range(2)]


def test_a_bin_that_is_none():
    bins, (gradients, hessians) = table(30, 2, 5)
    with pytest.raises(ValueError, match="from 0 to 3"):
        histograms.histograms(bins, np.arange(30), 4, gradients, hessians)


def test_without_numba(monkeypatch):
    monkeypatch.setattr(histograms, "_compiled", lambda: None)
    notice.warn.cache_clear()
    bins, (gradients, hessians) = table(30, 2, 5)
    with pytest.warns(notice.FallbackWarning, match="Numba is not installed"):
        sums = histograms.histograms(bins, np.arange(30), 5, gradients, hessians)
    assert sums.sum() == pytest.approx(2 * (gradients.sum() + hessians.sum() + 30))
