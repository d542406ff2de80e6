"""The guard scores as the library that it learned with."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from models.vision import outlier_exposure


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_guard_scores_as_the_library_that_it_learned_with():
    random = np.random.default_rng(0)
    digits, outliers = random.normal(size=(300, 5)), random.normal(1, 1, size=(300, 5))
    guard = outlier_exposure.fit(digits, outliers, 0)
    features = np.concatenate([digits, outliers])
    learner = MLPClassifier(
        (outlier_exposure.HIDDEN,), max_iter=15, early_stopping=True, n_iter_no_change=4, random_state=0
    )
    learner.fit(features / guard.scale, np.repeat([0, 1], 300))
    probabilities = 1 / (1 + np.exp(-guard.scores(features)))
    np.testing.assert_allclose(probabilities, learner.predict_proba(features / guard.scale)[:, 1], atol=1e-9)
