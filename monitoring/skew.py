"""Training-serving skew: did the model get online what training would have given it for the same requests?"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from capstan.capstone import EVENT_TIMESTAMP, Capstone
from capstan.errors import CapstanError
from feature_repo.store import open_store
from monitoring.checks.result import Check

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1_000
SHOWN = 3


def skew(capstone: str, task: Capstone, log: "pd.DataFrame", rows: int = ROWS) -> list[Check]:
    """Return a check for each stored or computed feature: do the logged values equal those of the offline store?

    log: predictions, as `predictions.reader` returns them; of these, `rows` are drawn, the same ones each time.
    A feature alarms when one value differs. The offline store may know rows that arrived after a prediction was made:
    late ones show here. Raises CapstanError for an empty log.
    """
    if log.empty:
        raise CapstanError(f"There is no prediction of {capstone} to compare features of.")
    sample = log.sample(min(rows, len(log)), random_state=0).reset_index(drop=True)
    store = open_store(capstone)
    service = store.get_feature_service(task.FEATURE_SERVICE)
    names = [field.name for projection in service.feature_view_projections for field in projection.features]
    offline = store.get_historical_features(entity_df=_entities(task, sample), features=service).to_df()
    offline = offline.set_index("row").sort_index()
    return [_compare(name, [logged.get(name) for logged in sample["features"]], offline, sample) for name in names]


def _entities(task: Capstone, sample: "pd.DataFrame") -> "pd.DataFrame":
    """Return what was asked for, as the offline store takes it: with the types of the request, and the time."""
    import pandas as pd

    requests = [task.Request.model_validate(inputs) for inputs in sample["inputs"]]
    frame = pd.DataFrame([{name: getattr(one, name) for name in type(one).model_fields} for one in requests])
    for column in frame:
        if any(isinstance(value, datetime) for value in frame[column]):
            frame[column] = pd.to_datetime(frame[column], utc=True)
    return frame.assign(row=range(len(frame)), **{EVENT_TIMESTAMP: sample["prediction_time"]})


def _compare(name: str, online: list[Any], offline: "pd.DataFrame", sample: "pd.DataFrame") -> Check:
    expected = [None if value != value else value for value in offline[name].tolist()]
    differ = [row for row, pair in enumerate(zip(online, expected, strict=True)) if pair[0] != pair[1]]
    shown = "; ".join(
        f"{sample['prediction_id'][row]} got {online[row]}, not {expected[row]}" for row in differ[:SHOWN]
    )
    message = f"{name}: {len(differ):,} of {len(online):,} predictions got another value online than offline."
    return Check(
        "skew", name, "alarm" if differ else "ok", len(differ) / len(online), 0.0, message=f"{message} {shown}".rstrip()
    )
