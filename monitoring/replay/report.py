"""What a replay came to."""

from typing import TYPE_CHECKING, Any

from capstan.contract.capstone import EVENT_TIMESTAMP, outcome_of
from capstan.contract.checks import Checks
from capstan.services import endpoint_client
from monitoring.checks.performance import performance
from monitoring.checks.result import alarms
from monitoring.history import history
from monitoring.skew import skew
from predictions.labelled import labelled

if TYPE_CHECKING:
    import pandas as pd

    from monitoring.replay.replay import Replay


def report(replay: "Replay") -> dict[str, Any]:
    """Return the counts of a replay, whether online features equalled offline ones, and how good the answers were.

    Features are compared on labelled predictions, drawn from all of the replay.
    """
    state = replay.state
    endpoint_client.flush(replay.capstone)
    log = labelled(replay.capstone, since=state.start, until=state.end, known_by=state.end)
    log = log[(log["variant"] != "shadow") & (log["time"] >= state.began_at)]
    compared = skew(replay.capstone, replay.task, log)
    return {
        "first_version": state.version,
        "predictions": state.predictions,
        "labels": state.labels,
        "still_waiting": len(state.waiting),
        "feature_rows": replay.features,
        "sent_again": replay.repeated,
        "alerts": len(history().events(replay.capstone, state.start, ("alert",))),
        "features_compared": len(compared),
        "features_that_differ": [check.message for check in alarms(compared)],
        "performance": _performance(replay, log),
        "seconds": {name: round(value, 1) for name, value in replay.seconds.items()},
    }


def _performance(replay: "Replay", log: "pd.DataFrame") -> list[str]:
    """Return the metrics of all answers and of each month, with intervals at 95 % together."""
    outcome = outcome_of(replay.task)
    rows = log.assign(
        **{outcome.prediction: [answer[outcome.prediction] for answer in log["prediction"]]},
        **{outcome.target: log["label"].astype(float), EVENT_TIMESTAMP: log["prediction_time"]},
        month=log["prediction_time"].dt.strftime("%Y-%m"),
    )
    return [check.message for check in performance(rows, outcome, Checks(slices=["month"], looks=1))]
