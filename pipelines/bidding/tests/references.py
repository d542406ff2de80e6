"""`PYTHONPATH=. python pipelines/bidding/tests/references.py`: what river and obp say, for `references.json`.

It runs in an environment of its own, with `pip install river==0.26.1 obp==0.4.1 pyarrow`: obp asks for libraries that
exclude ours. CAPSTAN_DATA_DIR has the data.
"""

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.linear import ftrl
from models.uplift import off_policy
from pipelines.bidding.studies.banners import banner

FILE = Path(__file__).parent / "references.json"
ROWS, SETTINGS = 3_000, [{"alpha": 0.1, "l1": 0.0, "l2": 1.0}, {"alpha": 0.3, "l1": 0.0, "l2": 0.1}]
COLUMNS = ["ad_id", "advertiser_id", "query_id", "user_id", "depth", "position"]


def impressions(data_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return hashed rows and clicks that both learn from."""
    rows = pd.read_parquet(data_dir / "ads" / "kdd2012_click.parquet").head(ROWS)
    return ftrl.hashed(rows[COLUMNS].itertuples(index=False)), rows["click"].to_numpy()


def of_river(data_dir: Path, setting: dict[str, float]) -> list[float]:
    """Return the probability of every 50th row before it is learned, by river.

    river computes weights again only while it learns, and then before it counts the new gradient: it predicts with
    weights that are one step old. A step without a gradient brings them up to date. With l1, it also keeps weights that
    the algorithm would set back to 0, so l1 is not compared.
    """
    linear, optim = (import_module(f"river.{name}") for name in ("linear_model", "optim"))
    optimizer = optim.FTRLProximal(beta=1.0, **setting)
    model: Any = linear.LogisticRegression(optimizer=optimizer, l2=0.0, intercept_lr=0.0)
    probabilities = []
    for places, clicked in zip(*impressions(data_dir), strict=True):
        row = dict.fromkeys(places.tolist(), 1.0)
        optimizer._step_with_dict(model._weights, dict.fromkeys(row, 0.0))
        probabilities.append(model.predict_proba_one(row)[True])
        model.learn_one(row, bool(clicked))
    return probabilities[::50]


def of_obp(rounds: off_policy.Rounds) -> dict[str, float]:
    """Return the estimates of obp."""
    ope = import_module("obp.ope")
    estimators = {
        "direct": ope.DirectMethod(),
        "IPS": ope.InverseProbabilityWeighting(),
        "SNIPS": ope.SelfNormalizedInverseProbabilityWeighting(),
        "doubly robust": ope.DoublyRobust(),
        "switch": ope.SwitchDoublyRobust(tau=off_policy.SWITCH),
    }
    known = {
        "reward": rounds.reward,
        "action": rounds.action,
        "pscore": rounds.chance,
        "position": np.zeros(len(rounds.action), int),
        "action_dist": rounds.policy[:, :, None],
        "estimated_rewards_by_reg_model": rounds.model[:, :, None],
    }
    return {name: float(estimator.estimate_policy_value(**known)) for name, estimator in estimators.items()}


def main() -> None:
    """Write the file."""
    data_dir = Path(os.environ["CAPSTAN_DATA_DIR"])
    known = {
        "river": [{"setting": setting, "probabilities": of_river(data_dir, setting)} for setting in SETTINGS],
        "obp": {name: of_obp(rounds) for name, rounds in banner.cases(data_dir).items()},
    }
    FILE.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
