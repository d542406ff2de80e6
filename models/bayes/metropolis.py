"""Metropolis-Hastings with a normal step that is fitted to the target while it warms up.

Source: Metropolis et al. (1953); Hastings (1970); Haario et al., "An Adaptive Metropolis Algorithm" (2001), with the
step 2.38 / sqrt(size) of Roberts, Gelman and Gilks (1997). After the warm-up the step stays as it is.

Reference: the exact posterior of a linear regression: means within 4 Monte Carlo errors, deviations within a sixth.
"""

from __future__ import annotations

import numpy as np

from models.bayes.hamiltonian import LogDensity


def sample(density: LogDensity, start: np.ndarray, draws: int, warmup: int, seed: int) -> np.ndarray:
    """Return the chain after the warm-up, shape (draws, size)."""
    random, size = np.random.default_rng(seed), len(start)
    place, value = start, density(start)[0]
    root, chain = 0.01 * np.eye(size), np.empty((warmup + draws, size))
    for step in range(warmup + draws):
        if 200 <= step <= warmup and step % 200 == 0:  # of the later half of what was seen
            root = 2.38 / np.sqrt(size) * np.linalg.cholesky(np.cov(chain[step // 2 : step].T) + 1e-10 * np.eye(size))
        proposal = place + root @ random.normal(size=size)
        there = density(proposal)[0]
        if np.log(random.random()) < there - value:
            place, value = proposal, there
        chain[step] = place
    return chain[warmup:]
