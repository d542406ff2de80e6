"""How sure a network is, as often as it is right: its logits by one temperature.

Source: Guo et al., "On Calibration of Modern Neural Networks" (2017), https://arxiv.org/abs/1706.04599.
"""

import numpy as np


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature with the least log loss. logits: shape (n, classes), of digits that were held out."""
    from scipy.optimize import minimize_scalar

    def loss(log: float) -> float:
        right = probabilities(logits, float(np.exp(log)))[np.arange(len(labels)), labels]
        return float(-np.log(right.clip(1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Return how likely each class is, shape of the logits."""
    scaled = logits.astype(float) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares
