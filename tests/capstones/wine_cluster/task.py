"""Wines: clusters, without a label. The gate wants clusters that are apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, create_model

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation, Section
from capstan.contract.model import Columns, Model

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from capstan.contract.capstone import Tables

TITLE = "Which kind of wine is it?"
THRESHOLDS = {"silhouette": at_least(0.2, slack=0.02)}
INPUTS = ["alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids"]
INPUTS += ["nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "proline"]


def load(data_dir: Path | None) -> Tables:
    """Return `wines`: twelve measurements of 178 wines. Source: UCI's wine recognition data, from scikit-learn."""
    from sklearn.datasets import load_wine

    return {"wines": load_wine(as_frame=True).frame[INPUTS]}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return two thirds of the wines to train on, and the others."""
    wines = tables["wines"]
    test = np.arange(len(wines)) % 3 == 0
    return {"wines": wines[~test]}, {"wines": wines[test]}


class Clusters(Model):
    """The nearest of some centres, after scaling."""

    inputs = dict.fromkeys(INPUTS, "double")
    requirements = ("scikit-learn", "numpy")

    def __init__(self, estimator: Pipeline):
        self.estimator = estimator

    def predict_columns(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the `cluster` and the `distance` to its centre, shape (n,)."""
        distances = self.estimator.transform(matrix(columns))
        return {"cluster": distances.argmin(axis=1), "distance": distances.min(axis=1)}


def matrix(columns: Columns) -> np.ndarray:
    """Return the inputs, shape (n, 12)."""
    return np.column_stack([np.asarray(columns[name], dtype=float) for name in INPUTS])


def train(tables: Tables, clusters: int = 3, seed: int = 0) -> Clusters:
    """Return k-means after scaling."""
    from sklearn.cluster import KMeans
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    estimator = make_pipeline(StandardScaler(), KMeans(clusters, n_init=10, random_state=seed))
    return Clusters(estimator.fit(matrix(tables["wines"])))


def evaluate(model: Clusters, tables: Tables) -> Evaluation:
    """Return the silhouette of the clusters, and how many wines are in each."""
    import pandas as pd
    from sklearn.metrics import silhouette_score

    wines = tables["wines"]
    clusters = model.predict_columns(wines)["cluster"]
    silhouette = silhouette_score(model.estimator[0].transform(matrix(wines)), clusters)
    sizes = pd.Series(clusters).value_counts().rename_axis("cluster").reset_index(name="wines")
    return Evaluation({"silhouette": float(silhouette)}, [Section("Sizes", sizes)])


# One field per measurement; the examples are those of one wine.
EXAMPLE = [13.2, 1.8, 2.1, 11.2, 100.0, 2.6, 2.8, 0.26, 1.3, 4.4, 1.05, 1050.0]
_fields = {name: (float, Field(examples=[value], ge=0)) for name, value in zip(INPUTS, EXAMPLE, strict=True)}
Request = create_model("Request", __config__=ConfigDict(extra="forbid", allow_inf_nan=False), **_fields)


class Prediction(BaseModel):
    """The kind of a wine, and how typical it is."""

    cluster: int = Field(title="Cluster", ge=0)
    distance: float = Field(title="Distance from its centre", ge=0)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three wines of the test set."""
    return tables["wines"].head(3).to_dict("records")


def signals(model: Clusters, tables: Tables) -> pd.DataFrame:
    """Return the measurements and the cluster of each wine, and how far the next cluster is."""
    wines = tables["wines"]
    return wines.assign(cluster=model.predict_columns(wines)["cluster"].astype(str), next_distance=_next(model, wines))


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame, model: Clusters) -> pd.DataFrame:
    """Return how far the next cluster is from each wine, which no answer says."""
    import pandas as pd

    return pd.DataFrame({"next_distance": _next(model, requests)})


def _next(model: Clusters, wines: pd.DataFrame) -> np.ndarray:
    return np.sort(model.estimator.transform(matrix(wines)), axis=1)[:, 1]
