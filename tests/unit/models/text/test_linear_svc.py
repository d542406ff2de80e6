"""The rival decides as cheaply as its classes allow."""

import numpy as np

from models.text import linear_svc


def test_each_class_gets_the_decision_that_costs_least():
    texts = ["good day", "bad day", "good night", "bad night"] * 30
    shares = np.tile([[1.0, 0.0], [0.0, 1.0]], (60, 1))
    costs = np.array([[0.0, 5.0, 1.0], [9.0, 5.0, 1.0]])
    fitted = linear_svc.fit(texts, shares, np.arange(120), costs, r"\w+")
    assert fitted.chosen.tolist() == [0, 2]
    assert fitted.classifier.predict(["good news", "bad news"]).tolist() == [0, 1]


def test_a_class_that_is_never_named_has_a_decision():
    shares = np.tile([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], (60, 1))
    fitted = linear_svc.fit(["good", "bad"] * 60, shares, np.arange(120), np.eye(3), r"\w+")
    assert fitted.chosen.shape == (3,)
