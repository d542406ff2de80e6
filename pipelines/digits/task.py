"""Digits: which one is it, how sure is that, and does it stay so when somebody wants to fool the network?"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.bounds import at_least, at_most, on_few
from capstan.contract.capstone import Outcome
from capstan.contract.resources import COMPUTE, Resources
from pipelines.digits.schema import Digit, Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.digits.model import DigitModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "Which digit is it?"
FAMILIES = ("torch", "vision")
RESOURCES = Resources({"evaluate": COMPUTE})
CONTRACT_LIMIT = 0.0  # the files are known to the last byte
OUTCOME = Outcome("multiclass", target="label", prediction="digit")
Actual = Digit  # what the person meant
BOUNDS = {
    "accuracy": at_least(0.97, slack=0.003),  # nearest neighbours reach 0.965
    "robust_accuracy": at_least(0.6, slack=0.05),  # it differs widely between seeds: this stops the worst
    "read_on_pages": at_least(0.9, slack=0.07),  # 0.93 to 0.98 by kind in studies/served; 130 pages vary by 0.04
    "digits_refused": at_most(0.03, slack=0.01),  # the guard aims at 0.01, and 0.016 was measured
    "others_refused": at_least(0.3),  # 0.2 to 0.98 by kind; a guard that refuses nothing has 0
    "calibration_error": at_most(0.02),  # 0.035 without a temperature, 0.002 with one
    "edge_size": at_most(0.3),  # 8 bits alone make a quarter of 32; pruning makes it 0.16
    "edge_loss": at_most(0.01),  # a point; the worst seed of studies/compare lost 0.001
}
THRESHOLDS = on_few(BOUNDS, units=5_000, times=8)


def load(data_dir: Path | None) -> Tables:
    """Return `images`: 60,000 to train on and 10,000 to test on, by other people."""
    from data_sets import mnist as images

    return {"images": images.table(data_dir)}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the paths of the four files of MNIST."""
    from data_sets import mnist as images

    return images.paths(data_dir)


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the images of the two parts, as MNIST divides them."""
    rows = tables["images"]
    first = rows["part"] == "train"
    return {"images": rows[first].drop(columns="part")}, {"images": rows[~first].drop(columns="part")}


def train(tables: Tables, seed: int = 0, network: str = "cnn", epochs: int = 6, workers: int = 0) -> DigitModel:
    """Return a network that has learned, and its edge variant.

    network: "cnn", "vit" or "efficient". workers: Ray workers that share each batch, 0 for this process.
    """
    from capstan.errors import CapstanError
    from models.vision.learning import Plan
    from models.vision.networks import NETWORKS
    from pipelines.digits import training

    if network not in NETWORKS:
        raise CapstanError(f"There is no network {network!r}. There are: {', '.join(NETWORKS)}.")
    return training.train(tables["images"], network, Plan(epochs=epochs, seed=seed), workers)


def evaluate(model: DigitModel, tables: Tables) -> Evaluation:
    """Return the accuracy of the network, of its edge variant, on pages and under attack, and what is refused."""
    from pipelines.digits import report

    return report.evaluate(model, tables["images"])


def signals(model: DigitModel, tables: Tables) -> pd.DataFrame:
    """Return the ink of each image, the answer, how sure that is, and the label."""
    from pipelines.digits.model import named_digits
    from pipelines.digits.pixels import from_bytes, ink

    rows = tables["images"]
    pixels = from_bytes(rows["pixels"])
    shares, known = model.answers(pixels)
    frame = rows[["label"]].assign(digit=named_digits(shares, known), confidence=shares.max(axis=1), ink=ink(pixels))
    return frame.astype({"label": str})


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return how sure the answers are, and the ink of the images that were sent."""
    import pandas as pd

    from pipelines.digits.pixels import from_file, ink

    sure = [max(shares.values()) for shares in predictions["probabilities"]]
    pixels = np.stack([from_file(base64.b64decode(image)) for image in requests["image"]])
    return pd.DataFrame({"confidence": sure, "ink": ink(pixels)})


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three images of the test set."""
    from pipelines.digits.pixels import to_png

    return [{"image": base64.b64encode(to_png(pixels)).decode()} for pixels in tables["images"]["pixels"].head(3)]
