"""What a client sends: examples that give the model's own windows, and requests that are refused."""

import json
from datetime import UTC

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from pipelines.demand_forecast import task
from pipelines.demand_forecast.example import EXAMPLE
from pipelines.demand_forecast.model import asked
from pipelines.demand_forecast.requests import request
from pipelines.demand_forecast.schema import Prediction, Request
from pipelines.demand_forecast.windows import LEVELS


@pytest.fixture(scope="module")
def example(parts) -> dict:
    return task.examples(parts[1])[0]


def columns(rows: list[dict]) -> dict[str, list]:
    """Return the columns that the endpoint makes of rows."""
    requests = [Request.model_validate_json(json.dumps(row)) for row in rows]
    return {name: [getattr(row, name) for row in requests] for name in Request.model_fields}


def test_a_request_gives_the_window_that_it_came_from(test_days):
    rows = columns([request(test_days[[place]]) for place in range(30, 40)])  # with the Melbourne Cup
    windows, expected = asked(rows), test_days[30:40]
    assert (windows.start == expected.start).all()
    assert (windows.working == expected.working).all()
    assert windows.demand == pytest.approx(expected.demand, abs=1e-3)
    assert windows.temperature == pytest.approx(expected.temperature, abs=1e-3)


def test_live_signals_are_those_of_the_same_days(model, parts, test_days):
    week = range(30, 37)
    live = task.live_signals(pd.DataFrame([request(test_days[[place]]) for place in week]), pd.DataFrame())
    same = task.signals(model, parts[1]).iloc[week]
    assert live.to_dict("list") == {name: pytest.approx(same[name].tolist(), abs=1e-3) for name in live}
    assert set(live["working_day"]) == {0, 1}


def test_the_example_of_the_page_is_a_request_that_gives_a_plausible_day(model):
    rows = columns([EXAMPLE])
    made = model.predict_columns(rows)
    assert 4.5 < made["peak"][0] < 6.5 and "16:00" < made["peak_at"][0] < "20:00"


def test_the_start_may_be_given_in_any_zone(example):
    rows = columns([example, example | {"start": "2014-10-01T01:30:00+11:30"}])
    assert rows["start"][0] == rows["start"][1] and rows["start"][0].astimezone(UTC).hour == 14


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"demand": [4.5] * 300}, "300 half-hours; 336 are needed, the week that ends where the forecast starts"),
        (
            {"demand": [4.5] * 10 + [None] * 2 + [4.5] * 324},
            "2 of the 336 half-hours are missing, the first is item 11",
        ),
        ({"temperature": []}, "0 half-hours; 336 are needed"),
        ({"temperature_ahead": [20.0] * 47}, "47 half-hours; 48 are needed"),
        ({"demand": [4500.0] * 336}, "less than or equal to 20"),
        ({"start": "2014-10-01T00:10:00+10:00"}, "expected a full or a half hour"),
        ({"start": "2014-10-01T00:00:00"}, "should have timezone info"),
        ({"holidays": ["Cup Day"]}, "valid date"),
    ],
)
def test_a_bad_request_is_told_what_to_do(example, change, says):
    with pytest.raises(ValidationError, match=says):
        Request.model_validate_json(json.dumps(example | change))


def test_predictions_keep_the_schema_and_use_the_temperature_only_where_it_is_known(model, parts):
    rows = columns(task.examples(parts[1]))
    answer = model.predict_columns(rows)
    for place in range(3):
        one = {name: np.asarray(values)[place].tolist() for name, values in answer.items()}
        made = Prediction.model_validate(one)
        assert np.shape(made.quantiles) == (48, len(LEVELS)) and (np.diff(made.quantiles) >= 0).all()
        assert made.peak == max(step[LEVELS.index(0.5)] for step in made.quantiles)
        alone = model.predict_columns({name: [values[place]] for name, values in rows.items()})
        assert np.asarray(alone["quantiles"])[0] == pytest.approx(np.array(made.quantiles))
