"""A test that may be looked at every day: is the canary better or worse than the champion, on live labelled traffic?

A test of fixed size that is looked at each day finds a difference sooner or later, even where there is none. This one
bounds the probability over all looks together, however many. It watches the mean of daily differences: a day is one
observation, for its rows are alike.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Decision = Literal["promote", "roll back", "wait"]


@dataclass(frozen=True)
class Look:
    """What is known after some days: the mean difference and the interval that holds it at every look at once.

    p is valid at any look: the probability to ever see as much evidence without a difference.
    """

    days: int
    mean: float
    low: float
    high: float
    p: float
    decision: Decision


def daily_differences(days: np.ndarray, canary: np.ndarray, gain: np.ndarray, least: int = 30) -> np.ndarray:
    """Return for each day, in order, the mean gain of the canary's rows less that of the champion's.

    days: the day of each row, (n,). canary: whether the canary answered it, (n,). gain: how good the answer was, (n,),
    such as the negative squared error. A day with fewer than `least` rows of either is left out.
    """
    differences = []
    for day in np.unique(days):
        tried, usual = gain[(days == day) & canary], gain[(days == day) & ~canary]
        if min(len(tried), len(usual)) >= least:
            differences.append(tried.mean() - usual.mean())
    return np.array(differences)


def look(differences: np.ndarray, *, alpha: float = 0.05, harm: float = 0.0, width: float = 1.0) -> Look:
    """Return what daily differences, canary less champion, say up to now. Higher is better.

    harm: how much worse the canary may be. It is promoted once the whole interval is above -harm; else rolled back once
    the whole interval is below 0. width: of the mixture, in standard deviations of a day: a difference of about this
    size is found soonest.

    The evidence is a mixture of likelihood ratios of Student's t, so the deviation of a day need not be known. It wants
    differences that are about normal, as means of many rows are; those of equal models are symmetric, too. Source: Lai,
    "On Confidence Sequences" (1976); Wang and Ramdas, "Anytime-valid t-tests and confidence sequences for Gaussian
    means with unknown variance" (2024).
    """
    values = np.asarray(differences, float)
    days = len(values)
    if days < 2 or values.std() == 0:
        return Look(days, float(values.mean()) if days else 0.0, -np.inf, np.inf, 1.0, "wait")
    mean, spread = float(values.mean()), float(((values - values.mean()) ** 2).sum())
    prior = 1 + days * width**2
    # The evidence against a mean m is prior^-1/2 ((spread + n d^2) / (spread + n d^2 / prior))^(n / 2), d = mean - m.
    against_zero = (spread + days * mean**2) / (spread + days * mean**2 / prior)
    p = min(1.0, float(np.sqrt(prior) * against_zero ** (-days / 2)))
    bound = (np.sqrt(prior) / alpha) ** (2 / days)  # the ratio at which the evidence is 1 / alpha
    radius = np.sqrt(spread * (bound - 1) / (days * (1 - bound / prior))) if bound < prior else np.inf
    low, high = float(mean - radius), float(mean + radius)
    decision: Decision = "promote" if low > -harm else "roll back" if high < 0 else "wait"
    return Look(days, mean, low, high, p, decision)
