"""Training-serving skew: did the model get online what training would have given it for the same requests?"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from capstan.contract.capstone import EVENT_TIMESTAMP, Capstone
from capstan.errors import CapstanError
from feature_repo.store import open_store
from monitoring import events
from monitoring.checks.result import Check

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1_000
SHOWN = 3
NOT_COMPARED = "were not compared"


def skew(capstone: str, task: Capstone, log: "pd.DataFrame", rows: int = ROWS) -> list[Check]:
    """Return a check for each stored or computed feature: do the logged values equal those of the offline store?

    log: predictions, as `predictions.reader` returns them; of these, `rows` are drawn, the same ones each time.
    A feature alarms when one value differs. The offline store may know rows that arrived after a prediction was made:
    late ones show here. Events change features online alone: an entity that had one is not compared in their view.
    Raises CapstanError for an empty log.
    """
    if log.empty:
        raise CapstanError(f"There is no prediction of {capstone} to compare features of.")
    sample = log.sample(min(rows, len(log)), random_state=0).reset_index(drop=True)
    store = open_store(capstone)
    service = store.get_feature_service(task.FEATURE_SERVICE)
    names = [field.name for projection in service.feature_view_projections for field in projection.features]
    entities = _entities(task, sample)
    offline = store.get_historical_features(entity_df=entities, features=service).to_df()
    offline = offline.set_index("row").sort_index()
    by_events = events.changed(store, service, entities)
    return [
        _compare(name, [logged.get(name) for logged in sample["features"]], offline, sample, by_events.get(name))
        for name in names
    ]


def _entities(task: Capstone, sample: "pd.DataFrame") -> "pd.DataFrame":
    """Return what was asked for, as the offline store takes it: with the types of the request, and the time."""
    import pandas as pd

    requests = [task.Request.model_validate(inputs) for inputs in sample["inputs"]]
    frame = pd.DataFrame(
        {name: _column([getattr(request, name) for request in requests]) for name in task.Request.model_fields}
    )
    return frame.assign(row=range(len(frame)), **{EVENT_TIMESTAMP: sample["prediction_time"]})


def _column(values: list[Any]) -> Any:
    """Return the values of a field. Integers stay integers next to a missing one: as floats, large keys are others."""
    import pandas as pd

    kinds = {type(value) for value in values if value is not None}
    if datetime in kinds:
        return pd.to_datetime(values, utc=True)
    return pd.array(values, dtype="Int64") if kinds == {int} else pd.Series(values, dtype=None if kinds else object)


def _compare(
    name: str, online: list[Any], offline: "pd.DataFrame", sample: "pd.DataFrame", by_events: set[int] | None = None
) -> Check:
    expected = [_plain(value) for value in offline[name]]
    compared = [row for row in range(len(online)) if row not in (by_events or ())]
    differ = [row for row in compared if online[row] != expected[row]]
    shown = "; ".join(
        f"{sample['prediction_id'][row]} got {online[row]}, not {expected[row]}" for row in differ[:SHOWN]
    )
    message = f"{name}: {len(differ):,} of {len(compared):,} predictions got another value online than offline."
    if by_events:
        message += f" {len(by_events):,} of entities that events have changed {NOT_COMPARED}."
    share = len(differ) / max(len(compared), 1)
    return Check("skew", name, "alarm" if differ else "ok", share, 0.0, message=f"{message} {shown}".rstrip())


def _plain(value: Any) -> Any:
    """Return a value as the log has it: lists, and None for what is missing."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    return None if value != value else value
