"""Who clicks on an advertisement next to search results: five models of the KDD Cup's rows.

Each has `fit(rows, clicked)` and `predict(rows)`, the probabilities, with rows as a table of categories.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from models.linear import ftrl, platt

PLACES = ["depth", "position"]
IDS = ["ad_id", "advertiser_id", "query_id", "keyword_id", "title_id", "description_id", "user_id", "url_hash"]
CATEGORIES = [*PLACES, *IDS]
RANKED = ["query_id", "keyword_id", "title_id", "description_id", "user_id"]  # by how often they are seen
FEWEST = 3  # rows of a value: what is rarer is one value, "rare"


def categories(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the categories, and those of the magnitudes of numbers.

    The contest has numbered queries, words and users by how often they are seen in its whole log.
    """
    magnitude = {f"size_of_{name}": np.log2(rows[name].astype(float) + 1).round() for name in RANKED}
    return rows[CATEGORIES].assign(**magnitude)


class Simple:
    """Logistic regression on the place of the advertisement alone: the strong simple one."""

    def __init__(self, seed: int = 0):
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder

        self.model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())

    def fit(self, rows: pd.DataFrame, clicked: np.ndarray) -> Simple:
        self.model.fit(rows[PLACES], clicked)
        return self

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.model.predict_proba(rows[PLACES])[:, 1])


class Hashed:
    """Logistic regression by FTRL-Proximal on hashed categories, and on the two places together."""

    def __init__(self, seed: int = 0, alpha: float = 0.03, l1: float = 0.0, l2: float = 1.0):
        self.learner, self.seed = ftrl.Ftrl(alpha=alpha, l1=l1, l2=l2), seed

    @staticmethod
    def places(rows: pd.DataFrame) -> np.ndarray:
        both = rows["depth"].astype(str) + " " + rows["position"].astype(str)
        return ftrl.hashed(categories(rows).assign(both=both).itertuples(index=False))

    def fit(self, rows: pd.DataFrame, clicked: np.ndarray) -> Hashed:
        order = np.random.default_rng(self.seed).permutation(len(rows))  # the file is not in the order of time
        self.learner.fit(self.places(rows)[order], clicked[order])
        return self

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        return self.learner.predict(self.places(rows))


class Boosted:
    """LightGBM on counts of each value and on their rates of clicks, which for a row come from other rows.

    The numbers themselves are inputs as well: see `categories`.
    """

    def __init__(self, seed: int = 0, leaves: int = 15, trees: int = 150, prior: float = 20.0):
        self.seed, self.leaves, self.trees, self.prior = seed, leaves, trees, prior

    def fit(self, rows: pd.DataFrame, clicked: np.ndarray) -> Boosted:
        import lightgbm

        self.rows, self.clicked = rows, clicked
        fold = np.random.default_rng(self.seed).integers(0, 5, len(rows))
        inputs = np.empty((len(rows), 3 * len(IDS) + 2))
        for number in range(5):
            known, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
            inputs[held] = self.encoded(rows.iloc[held], rows.iloc[known], clicked[known])
        self.model: Any = lightgbm.LGBMClassifier(
            n_estimators=self.trees, num_leaves=self.leaves, learning_rate=0.05, min_child_samples=50,
            subsample=0.8, subsample_freq=1, random_state=self.seed, n_jobs=1, verbose=-1,
        ).fit(inputs, clicked)  # fmt: skip
        return self

    def encoded(self, rows: pd.DataFrame, known: pd.DataFrame, clicked: np.ndarray) -> np.ndarray:
        mean, columns = clicked.mean(), [rows[PLACES].to_numpy(float)]
        for name in IDS:
            seen = pd.Series(clicked).groupby(known[name].to_numpy()).agg(["sum", "count"])
            count = rows[name].map(seen["count"]).fillna(0).to_numpy()
            clicks = rows[name].map(seen["sum"]).fillna(0).to_numpy()
            rate = (clicks + self.prior * mean) / (count + self.prior)
            columns.append(np.column_stack([count, rate, rows[name].to_numpy(float)]))
        return np.column_stack(columns)

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.model.predict_proba(self.encoded(rows, self.rows, self.clicked))[:, 1])


class Factors:
    """A factorization machine (Rendle, 2010): each value has a weight and a vector, and pairs have their product.

    hidden: the width of a layer over the vectors, as in DeepFM (Guo et al., 2017); 0 is the machine alone. It learns on
    four fifths of the rows, and stops and is calibrated by the others.
    """

    def __init__(self, seed: int = 0, hidden: int = 0, size: int = 8, decay: float = 1e-3, epochs: int = 12):
        self.seed, self.hidden, self.size, self.decay, self.epochs = seed, hidden, size, decay, epochs

    def fit(self, rows: pd.DataFrame, clicked: np.ndarray) -> Factors:
        import torch

        held = np.random.default_rng(self.seed).random(len(rows)) < 0.2
        self.codes: dict[str, dict[Any, int]] = {}
        total, table = 0, categories(rows[~held])
        for name in table:
            counts = table[name].value_counts()
            common = counts.index[counts >= FEWEST]
            self.codes[name] = {"rare": total} | {value: total + 1 + index for index, value in enumerate(common)}
            total += len(common) + 1
        torch.manual_seed(self.seed)
        self.net = _network(total, len(self.codes), self.size, self.hidden)
        places, target = torch.tensor(self.places(rows)), torch.tensor(clicked, dtype=torch.float32)
        past, late = torch.tensor(np.flatnonzero(~held)), torch.tensor(np.flatnonzero(held))
        step = torch.optim.AdamW(self.net.parameters(), lr=2e-3, weight_decay=self.decay * 100)
        loss, best = torch.nn.BCEWithLogitsLoss(), (np.inf, self.net.state_dict())
        for _ in range(self.epochs):
            self.net.train()
            for part in past[torch.randperm(len(past))].split(256):
                step.zero_grad()
                loss(self.net(places[part]), target[part]).backward()
                step.step()
            self.net.eval()
            with torch.no_grad():
                now = float(loss(self.net(places[late]), target[late]))
            if now < best[0]:
                best = now, {name: value.clone() for name, value in self.net.state_dict().items()}
        self.net.load_state_dict(best[1])
        self.line = platt.line(self.margin(rows[held]), clicked[held])
        return self

    def places(self, rows: pd.DataFrame) -> np.ndarray:
        table = categories(rows)
        columns = [table[name].map(own).fillna(own["rare"]) for name, own in self.codes.items()]
        return np.column_stack(columns).astype(np.int64)

    def margin(self, rows: pd.DataFrame) -> np.ndarray:
        import torch

        with torch.no_grad():
            return np.asarray(self.net(torch.tensor(self.places(rows))).numpy(), float)

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        slope, intercept = self.line
        return np.asarray(1 / (1 + np.exp(-(slope * self.margin(rows) + intercept))))


def _network(values: int, fields: int, size: int, hidden: int) -> Any:
    """Return the machine, with a layer where it has one."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.vector = torch.nn.Embedding(values, 1), torch.nn.Embedding(values, size)
            self.constant = torch.nn.Parameter(torch.tensor(-1.6))  # the log-odds of one in six
            torch.nn.init.zeros_(self.weight.weight)
            torch.nn.init.normal_(self.vector.weight, std=0.01 if not hidden else 0.1)
            self.deep = (
                torch.nn.Sequential(
                    torch.nn.Linear(fields * size, hidden), torch.nn.ReLU(), torch.nn.Dropout(0.3),
                    torch.nn.Linear(hidden, 1),
                )
                if hidden
                else None
            )  # fmt: skip

        def forward(self, places: torch.Tensor) -> torch.Tensor:
            vectors = self.vector(places)  # (n, fields, size)
            # Rendle's equation 5: the sum over pairs from the square of the sum.
            pairs = (vectors.sum(1).square() - vectors.square().sum(1)).sum(1) / 2
            margin: torch.Tensor = self.constant + self.weight(places).sum((1, 2)) + pairs
            return margin if self.deep is None else margin + self.deep(vectors.flatten(1)).squeeze(1)

    return Network()


class Deep(Factors):
    """The machine with a layer of 32 over its vectors."""

    def __init__(self, seed: int = 0, **setting: Any):
        super().__init__(seed, hidden=32, **setting)
