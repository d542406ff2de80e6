"""Weights of a portfolio as the solution of a convex problem, by cvxpy and Clarabel.

Weights add up to 1 and lie between bounds. Means and covariances are of daily returns.
Sources: Markowitz, "Portfolio selection" (1952); Maillard, Roncalli and Teiletche, "The properties of equally weighted
risk contribution portfolios" (2010); Black and Litterman, "Global portfolio optimization" (1992), with the views'
uncertainty of He and Litterman, "The intuition behind Black-Litterman model portfolios" (1999).

Reference: the formula of Black and Litterman and the closed form of the least variance, 1e-6.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from capstan.errors import CapstanError


class Bounds(NamedTuple):
    """The least and the greatest weight of a stock. Weights below 0 would be short."""

    least: float = 0.0
    greatest: float = 1.0

    def check(self, stocks: int) -> None:
        """Refuse bounds that no weights can keep."""
        if not 0 <= self.least <= self.greatest:
            raise CapstanError(f"Weights are long: bounds need 0 <= least <= greatest, and are {tuple(self)}.")
        if stocks * self.least > 1 + 1e-9 or stocks * self.greatest < 1 - 1e-9:
            raise CapstanError(
                f"Weights of {stocks} stocks between {self.least} and {self.greatest} cannot add up to 1: "
                f"make the least at most {1 / max(stocks, 1):.4f} and the greatest at least as much."
            )


def mean_variance(mean: np.ndarray, covariance: np.ndarray, aversion: float, bounds: Bounds) -> np.ndarray:
    """Return the weights of the greatest mean less aversion / 2 x variance, shape (stocks,). mean: shape (stocks,)."""
    import cvxpy
    from cvxpy.atoms.sum_squares import sum_squares

    bounds.check(len(mean))
    weights = cvxpy.Variable(len(mean))
    scale = _scale(covariance)
    # The variance as a norm: a covariance whose least eigenvalue is a rounding error below zero stays convex.
    variance = sum_squares(_root(covariance / scale) @ weights)
    kept = [weights.sum() == 1, weights >= bounds.least, weights <= bounds.greatest]
    _solve(cvxpy.Problem(cvxpy.Minimize(variance / 2 - mean / (aversion * scale) @ weights), kept))
    return _clean(np.asarray(weights.value), bounds)


def minimum_variance(covariance: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Return the weights of the least variance, shape (stocks,)."""
    return mean_variance(np.zeros(len(covariance)), covariance, 1.0, bounds)


def risk_parity(covariance: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Return the weights with which each stock has the same part of the risk, as far as bounds allow, shape (stocks,).

    The barrier makes the problem convex: without bounds that bind, its gradient is zero where all w x (covariance w)
    are equal. It finds weights up to a factor, so the bounds are those of the sum's parts.
    """
    import cvxpy
    from cvxpy.atoms.elementwise.log import log
    from cvxpy.atoms.sum_squares import sum_squares

    stocks = len(covariance)
    bounds.check(stocks)
    sizes = cvxpy.Variable(stocks)
    scale = _scale(covariance)
    risk = sum_squares(_root(covariance / scale) @ sizes) / 2
    kept = [sizes >= bounds.least * sizes.sum(), sizes <= bounds.greatest * sizes.sum()]
    _solve(cvxpy.Problem(cvxpy.Minimize(risk - log(sizes).sum()), kept))
    return _clean(np.asarray(sizes.value), bounds)


def risk_contributions(weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return which part of the variance each stock has, shape (stocks,); they add up to 1."""
    parts = weights * (covariance @ weights)
    return np.asarray(parts / parts.sum())


class Views(NamedTuple):
    """What an investor expects of some portfolios, such as "the first beats the second by 0.01 % a day"."""

    portfolios: np.ndarray  # shape (views, stocks): weights, such as 1 and -1
    returns: np.ndarray  # shape (views,): of a day
    doubt: float = 1.0  # the variance of a view's error, over that which the prior has for its portfolio; above 0


def black_litterman(
    prior: np.ndarray, covariance: np.ndarray, aversion: float, views: Views | None, trust: float = 0.05
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and covariance of the returns, after views, shapes (stocks,) and (stocks, stocks).

    prior: the weights that are right without views, shape (stocks,): the mean returns are those with which an investor
    of this aversion holds them. trust: the variance of the prior's mean, over that of a day's returns.
    """
    mean = aversion * covariance @ prior
    unsure = trust * covariance
    if views is None or len(views.returns) == 0:
        return mean, covariance + unsure
    if views.doubt <= 0:
        raise CapstanError(f"A view needs a doubt above 0, and has {views.doubt}.")
    crossed = unsure @ views.portfolios.T
    within = views.portfolios @ crossed
    gain = np.linalg.solve(within + views.doubt * np.diag(np.diag(within)), crossed.T).T
    return mean + gain @ (views.returns - views.portfolios @ mean), covariance + unsure - gain @ crossed.T


def _scale(covariance: np.ndarray) -> float:
    """Return the mean variance: the solver's tolerances are for numbers near 1. Refuses returns that never vary."""
    scale = float(np.trace(covariance)) / max(len(covariance), 1)
    if not 0 < scale < np.inf:
        raise CapstanError("A portfolio needs a stock or more whose returns vary and have no holes: check the prices.")
    return scale


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T)


def _solve(problem: Any) -> None:
    import cvxpy

    problem.solve(solver=cvxpy.CLARABEL)
    if problem.status not in (cvxpy.OPTIMAL, cvxpy.OPTIMAL_INACCURATE):
        raise CapstanError(f"The solver found no weights: the problem is {problem.status}. Check returns and bounds.")


def _clean(weights: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Return what the solver found, as weights and without what its tolerance left beyond the bounds."""
    inside = np.clip(weights / weights.sum(), bounds.least, bounds.greatest)
    return np.asarray(inside / inside.sum())
