"""`python -m tests.benchmarks.freshness`: what newer flights teach. ROC AUC and Brier score of December's flights.

The flagship learns from all flights until an instant, of which the newest two weeks calibrate it.
"""

from __future__ import annotations

import pandas as pd
from sklearn.metrics import brier_score_loss, roc_auc_score

from capstan.contract.capstone import EVENT_TIMESTAMP
from pipelines.flight_delay import task
from pipelines.flight_delay.columns import LABEL
from tests.benchmarks.alarms import training_set

UNTIL = ("2013-08-02", "2013-10-01", "2013-11-01", "2013-12-01")
DECEMBER = pd.Timestamp("2013-12-01", tz="UTC")


def main() -> None:
    """Measure, and print a table."""
    rows = training_set()
    asked = rows[rows[EVENT_TIMESTAMP] >= DECEMBER]
    print("| learned until | flights | ROC AUC | Brier score |\n| --- | ---: | ---: | ---: |")
    for day in UNTIL:
        until = pd.Timestamp(day, tz="UTC")
        past = rows[rows[EVENT_TIMESTAMP] < until]
        model = task.train({"flights": past}, calibrate_from=(until - pd.Timedelta(days=14)).isoformat())
        probabilities = model.probability(asked)
        auc, brier = roc_auc_score(asked[LABEL], probabilities), brier_score_loss(asked[LABEL], probabilities)
        print(f"| {day} | {len(past):,} | {auc:.4f} | {brier:.4f} |", flush=True)


if __name__ == "__main__":
    main()
