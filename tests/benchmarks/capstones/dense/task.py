"""A torch network of the flagship's numbers, three layers of 512, not trained."""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, create_model

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from capstan.contract.model import Columns, Model
from pipelines.flight_delay.columns import CATEGORIES, INPUTS

TITLE = "A flight by its numbers, for a network"
THRESHOLDS = {"score": at_least(0.0)}
NUMBERS = [name for name in INPUTS if name not in CATEGORIES]


class Row(BaseModel):
    """A row that needs no features."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


Request = create_model("Request", __base__=Row, **dict.fromkeys(NUMBERS, (float | None, None)))


class Prediction(BaseModel):
    """What comes out."""

    probability: float = Field(ge=0, le=1)


class Network(Model):
    """Three layers, 512 wide."""

    inputs = dict.fromkeys(NUMBERS, "double")

    def __init__(self):
        import torch

        torch.manual_seed(0)
        sizes = [(len(NUMBERS), 512), (512, 512), (512, 1)]
        layers = [layer for size in sizes for layer in (torch.nn.Linear(*size), torch.nn.ReLU())]
        self.network = torch.nn.Sequential(*layers[:-1])

    def predict_columns(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return one probability per row, shape (n,)."""
        import torch

        matrix = np.nan_to_num(np.array([columns[name] for name in NUMBERS], dtype=np.float32).T)
        with torch.inference_mode():
            return {"probability": torch.sigmoid(self.network(torch.from_numpy(matrix))[:, 0]).numpy()}


def train(tables):
    """Return a network that is as good with any table."""
    return Network()


def examples(tables):
    """Return a row without any input."""
    return [{}]


def load(data_dir):
    return {}


def split(tables):
    return tables, tables


def evaluate(model, tables):
    return Evaluation({"score": 1.0})
