"""What must not become champion: see tests/support/controls.py."""

import numpy as np

from models.vision.learning import Plan
from models.vision.nearest import Nearest
from pipelines.digits import training
from pipelines.digits.model import DigitModel
from pipelines.digits.pixels import from_bytes
from tests.support.controls import Parts, Tables, cut, shuffled

SETTINGS = {"epochs": 3}


def fewer(data: Parts) -> Parts:
    """Leave the first images, to learn from and to test on."""
    past, test = ({"images": part["images"].head(count)} for part, count in zip(data, (5_000, 1_000), strict=True))
    return past, test


def changed(data: Parts, pixels: list[bytes]) -> Parts:
    """Give the images to train on other pixels."""
    return {"images": data[0]["images"].assign(pixels=pixels)}, data[1]


def without_structure(data: Parts) -> Parts:
    """Put the pixels of each image in any order: how much ink a digit takes stays, and no stroke does."""
    random = np.random.default_rng(0)
    rows = data[0]["images"]["pixels"]
    return changed(data, [random.permutation(np.frombuffer(image, np.uint8)).tobytes() for image in rows])


def without_a_half(data: Parts) -> Parts:
    """Leave only the upper half of each image, as a scanner that stops does."""
    return changed(data, [image[:392] + bytes(392) for image in data[0]["images"]["pixels"]])


ROTATING = {"images without structure", "upper halves", "400 images"}  # each costs half a minute
CONTROLS = {
    "shuffled labels": shuffled("images", "label"),
    "images without structure": without_structure,
    "upper halves": without_a_half,
    "400 images": cut("images", 400),
}


class NearestAlone(DigitModel):
    """The nearest neighbours in the place of the network."""

    def answers(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return all of the probability for the digit of the neighbours, and what the guard says."""
        return np.eye(10)[self.nearest.digits(pixels)], super().answers(pixels)[1]


def baseline(past: Tables) -> DigitModel:
    """Return the nearest neighbours alone."""
    model = training.train(past["images"].head(1_000), "cnn", Plan(epochs=1), workers=0)
    pixels, labels = from_bytes(past["images"]["pixels"]), past["images"]["label"].to_numpy()
    model.nearest = Nearest(pixels, labels)
    return NearestAlone(**{name: part for name, part in vars(model).items() if name != "session"})
