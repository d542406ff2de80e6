"""What the offline store is asked for, to compare it with what the model got."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pandas as pd
from pydantic import AwareDatetime, BaseModel

from capstan.contract.capstone import EVENT_TIMESTAMP
from monitoring.skew import _entities

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Request(BaseModel):
    user: int | None = None
    share: float | None = None
    at: AwareDatetime | None = None
    name: str | None = None


def test_keys_stay_integers_next_to_a_missing_one():
    inputs = [{"user": 2**53 + 1, "share": 0.5, "at": NOW.isoformat()}, {"name": "a"}]
    log = pd.DataFrame({"inputs": inputs, "prediction_time": [NOW, NOW]})
    asked = _entities(SimpleNamespace(Request=Request), log)
    assert asked["user"].tolist() == [2**53 + 1, pd.NA] and asked["share"].dtype == float
    assert asked["at"][0] == NOW and asked["at"].isna()[1] and asked["name"].tolist() == [None, "a"]
    assert asked["row"].tolist() == [0, 1] and asked[EVENT_TIMESTAMP].tolist() == [NOW, NOW]
