"""Ridge regression against scikit-learn."""

import numpy as np
import pytest
from scipy.sparse import csr_array, hstack, random_array
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge as Theirs

from models.linear.ridge import Ridge


@pytest.mark.parametrize("penalty", [0.1, 1.0, 30.0])
def test_weights_are_those_of_scikit_learn(penalty):
    measured, target = load_diabetes(return_X_y=True)
    sparse = random_array((len(target), 2_000), density=0.02, rng=np.random.default_rng(0), format="csr")
    rows = csr_array(hstack([csr_array(20 * measured), sparse], format="csr"))
    ours = Ridge(penalty, tolerance=1e-12, steps=5_000).fit(rows, target)
    theirs = Theirs(alpha=penalty).fit(rows.toarray(), target)
    assert ours.weights == pytest.approx(theirs.coef_, abs=1e-6 * np.abs(theirs.coef_).max())
    assert ours.predict(rows) == pytest.approx(theirs.predict(rows.toarray()), abs=1e-5)


def test_constant_target_is_the_intercept():
    model = Ridge().fit(csr_array(np.eye(4)), np.full(4, 2.5))
    assert (model.intercept, model.weights.tolist()) == (2.5, [0.0] * 4)
