"""Handwritten digits, again and again: a table that is larger than memory, and a model that learns from batches."""

import os

import numpy as np
import pandas as pd
from pandera.pandas import Check, Column, DataFrameSchema
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from capstan.contract.model import Model
from capstan.data.batches import Batches

TITLE = "Which digit is it, of very many?"
THRESHOLDS = {"accuracy": at_least(0.8)}
CONTRACT_LIMIT = 0.01
DIGITS, COPIES = 1_797, 10  # 1 MB of memory for each copy
BYTES = 64 * 8  # of an image: 64 pixels as float64
TEST_FROM = 1_200  # the number of the first digit that is tested: other people wrote the rest


def load(data_dir):
    """Return `digits`, a batch for ten copies, the first of which has no image. Source: UCI's, from scikit-learn."""
    digits = load_digits()
    images, copies = np.tile(digits.data, (10, 1)), int(os.environ.get("DIGITS_COPIES", COPIES))

    def batches():
        for _ in range(copies // 10):
            batch = pd.DataFrame({"image": [image.tobytes() for image in images], "digit": np.tile(digits.target, 10)})
            batch.loc[0, "image"] = b""
            yield batch.assign(number=batch.index % DIGITS)

    table = Batches(batches)
    return {"digits": table.frame() if os.environ.get("DIGITS_WHOLE") else table}


def contracts():
    """Return the contract: every image is whole."""
    whole = Check(lambda images: images.str.len() == BYTES, name="whole", error="whole")
    columns = {"image": Column(object, whole), "digit": Column(int, Check.in_range(0, 9)), "number": Column(int)}
    return {"digits": DataFrameSchema(columns)}


def split(tables):
    """Return the digits of some people to train on, and those of others."""
    digits = tables["digits"]
    past = digits.map(lambda batch: batch[batch["number"] < TEST_FROM])
    return {"digits": past}, {"digits": digits.map(lambda batch: batch[batch["number"] >= TEST_FROM])}


def pixels_of(images):
    """Return n images as pixels of 0 to 1, shape (n, 64)."""
    return np.frombuffer(b"".join(images)).reshape(-1, 64) / 16


class DigitsModel(Model):
    """A linear classifier over pixels."""

    inputs = {"image": "binary"}
    requirements = ("scikit-learn",)

    def __init__(self, estimator):
        self.estimator = estimator

    def predict_columns(self, columns):
        """Return the likeliest `digit`."""
        return {"digit": self.estimator.predict(pixels_of(columns["image"])).tolist()}


def train(tables):
    """Return a model that learned from one batch after the other."""
    estimator = SGDClassifier(random_state=0)
    for batch in tables["digits"]:
        estimator.partial_fit(pixels_of(batch["image"]), batch["digit"], classes=range(10))
    return DigitsModel(estimator)


def evaluate(model, tables):
    """Return the share of digits that are read correctly."""
    right = sum(np.sum(model.predict_columns(batch)["digit"] == batch["digit"]) for batch in tables["digits"])
    return Evaluation({"accuracy": right / len(tables["digits"])})
