"""Images of MNIST, and a network that has seen some of them."""

import pandas as pd
import pytest
import torch

from data_sets import mnist as images
from models.vision.learning import Plan
from pipelines.digits import task, training
from tests.support.data import DATA_DIR

# Several processes with several threads each would wait for one another.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def parts() -> tuple[pd.DataFrame, pd.DataFrame]:
    """All images to train on, and all to test on."""
    past, test = task.split({"images": images.table(DATA_DIR)})
    return past["images"], test["images"]


@pytest.fixture(scope="session")
def model(parts):
    """A model of 1,200 images, in small batches: they teach more in less time."""
    return training.train(parts[0].head(1_200), "cnn", Plan(epochs=2, batch=32), workers=0)
