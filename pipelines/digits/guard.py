"""What the guard learns from, besides digits, and how many digits it may refuse."""

from __future__ import annotations

import numpy as np

from pipelines.digits import others

REFUSED = 0.01  # the share of held-out digits that are refused, some of them on simulated pages
MOST_DIGITS, MOST_OF_A_KIND = 8_000, 1_000  # to learn from


def negatives(images: np.ndarray, seed: int) -> np.ndarray:
    """Return things of each kind that are not digits, shape (n, 1, 28, 28). images: of digits, shape (m, 1, 28, 28)."""
    random = np.random.default_rng(seed)
    count = min(MOST_OF_A_KIND, max(1, len(images) // 12))
    drawn = [np.stack([draw(random) for _ in range(count)])[:, None] for draw in others.TRAINED_ON.values()]
    parts = others.of_digits(images[random.permutation(len(images))[: 2 * count]])
    return np.concatenate([*drawn, *parts]).astype(np.float32)
