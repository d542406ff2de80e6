"""ROC AUC as a value per row, whose mean it is, so that two models are compared row by row.

DeLong et al., "Comparing the areas under two or more correlated ROC curves" (1988); by ranks, as Sun and Xu, "Fast
implementation of DeLong's algorithm" (2014).
"""

import numpy as np


def roc_auc(target: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the value of each row, of the shape of scores. The variance of their mean is DeLong's.

    A value is the area and the influence of the row on it. target: 0 or 1, shape (n,). scores: shape (n,), or (k, n)
    for k models.
    """
    from scipy.stats import rankdata

    positive = np.asarray(target) == 1
    sizes = np.where(positive, positive.sum(), (~positive).sum())
    within = np.empty(np.shape(scores))
    for kind in (positive, ~positive):
        within[..., kind] = rankdata(scores[..., kind], axis=-1)
    below = (rankdata(scores, axis=-1) - within) / (len(positive) - sizes)  # of the other class; a tie is half
    right = np.where(positive, below, 1 - below)
    area = right[..., positive].mean(axis=-1, keepdims=True)
    return np.asarray(area + (right - area) * len(positive) / sizes)
