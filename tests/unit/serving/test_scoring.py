"""What computes for long leaves the event loop, and what a model returns is checked."""

import asyncio
import math
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import numpy as np
import pytest
from kserve.errors import InferenceError
from pydantic import BaseModel

from capstan.contract.cancellation import Cancelled, check
from capstan.contract.model import Explanation
from serving.model.codec_explain import encode
from serving.model.inference import Inference
from serving.schema.answers import AnswerSchema
from serving.schema.rows import Row
from serving.scoring.explanations import explain
from serving.scoring.features import Report
from serving.scoring.scorer import Scorer
from tests.small_capstones.models import Answers
from tests.support.capstones_of_tests import task, variant


class Request(BaseModel):
    x: float


def rows(*values: float) -> list[Row]:
    return [Row(Request(x=value), datetime.now(UTC)) for value in values]


def scorer(answer, steady: bool = False) -> Scorer:
    model = Answers({"x": "double"}, answer)
    model.steady = steady
    return Scorer("plain", variant("plain", model=model))


def test_a_model_that_may_take_long_leaves_the_loop_each_time():
    threads = []

    def predict(columns) -> dict:
        threads.append(threading.current_thread())
        return {"probability": columns["x"]}

    async def calls() -> None:
        own = scorer(predict)
        for number in range(3):
            await own.score(rows(number))

    asyncio.run(calls())
    assert len(threads) == 3 and threading.main_thread() not in threads


def test_a_prediction_that_is_given_up_ends_where_the_model_checks():
    began, ended = threading.Event(), threading.Event()

    def predict(columns) -> dict:
        began.set()
        try:
            while True:
                check()
                time.sleep(0.001)
        except Cancelled:
            ended.set()
            raise

    async def calls() -> None:
        asked = asyncio.create_task(scorer(predict).score(rows(1)))
        while not began.is_set():
            await asyncio.sleep(0.001)
        asked.cancel()
        with suppress(asyncio.CancelledError):
            await asked

    asyncio.run(calls())
    assert ended.wait(60)
    check()  # here, nothing has been given up


def test_a_first_call_and_slow_ones_of_a_steady_model_leave_the_loop():
    """A slow call ends only when the loop, which is free then, says so."""
    threads, released = [], threading.Event()

    def predict(columns) -> dict:
        threads.append(threading.current_thread())
        if len(threads) in (1, 3):  # the first may load for long; the third comes after a slow one
            assert released.wait(60)
            released.clear()
        if len(threads) == 2:
            time.sleep(0.05)
        return {"probability": columns["x"]}

    async def ask(own: Scorer, number: int, waits: bool) -> list[float]:
        asked = asyncio.create_task(own.score(rows(number)))
        while waits and len(threads) < number:
            await asyncio.sleep(0.001)
        released.set()
        answer = (await asked).predictions["probability"]
        released.clear()
        return answer

    async def calls() -> list[list[float]]:
        own = scorer(predict, steady=True)
        answers = [await ask(own, 1, True)]
        own._row_seconds = 0.0  # the first was slow because it waited for the loop
        return [*answers, await ask(own, 2, False), await ask(own, 3, True)]

    assert asyncio.run(calls()) == [[1.0], [2.0], [3.0]]
    assert [thread is threading.main_thread() for thread in threads] == [False, True, False]


WRONG = {
    "none": ({"probability": []}, r"gave 0 values of 'probability' for 1 rows"),
    "two": ({"probability": [1.0, 2.0]}, "gave 2 values of 'probability' for 1 rows"),
    "a number": ({"probability": 1.0}, "gave a float as 'probability', not 1 values"),
    "an array": (np.ones(1), "returned a ndarray, not a dict"),
}


@pytest.mark.parametrize(("wrong", "problem"), WRONG.values(), ids=WRONG)
def test_one_row_needs_one_value_of_each_field(wrong, problem):
    with pytest.raises(InferenceError, match=f"Version 1 of 'plain' {problem}"):
        asyncio.run(scorer(lambda columns: wrong).score(rows(1)))


REFUSED = {
    "NaN": ({"probability": [0.5, math.nan]}, "row 1, probability: nan is no finite number"),
    "infinite array": ({"probability": np.array([0.5, np.inf])}, "row 1, probability: inf is no finite number"),
    "infinite inside": ({"probability": [0.5, [np.array([np.nan])]]}, "row 1, probability: it holds a number"),
    "a lacking field": ({"other": [1, 2]}, "row 0, probability: Field required"),
    "out of its bounds": ({"probability": [0.5, 129.9]}, "row 1, probability: Input should be less than or equal to 1"),
    "text": ({"probability": ["a", 0.5]}, "row 0, probability: Input should be a valid number"),
    "a matrix": ({"probability": np.zeros((2, 1))}, "row 0, probability: Input should be a valid number"),
}


@pytest.mark.parametrize(("answer", "problem"), REFUSED.values(), ids=REFUSED)
def test_predictions_are_what_the_schema_says(answer, problem):
    schema = AnswerSchema(task("plain").Prediction, "Version 7 of 'plain'")
    with pytest.raises(InferenceError) as caught:
        schema.rows(answer, 2)
    assert str(caught.value).startswith("Version 7 of 'plain' gave a prediction that its schema refuses: " + problem)


def test_predictions_are_plain_json():
    answers = AnswerSchema(task("shapes").Prediction, "it")
    columns = {
        "image": [[[1.0, 2.0]], [[6.0, 7.0]]],
        "history": [[], [1.0]],
        "words": [["a"], []],
        "options": [{}, {"k": 2}],
    }
    first, second = answers.rows(task("shapes").train({}).predict_columns(columns), 2)
    assert (first["total"], first["count"], first["large"], first["label"], first["spread"]) == (
        3.0,
        2,
        False,
        "small",
        3,
    )
    assert second["classes"] == [13.0 + i for i in range(10)] and second["spread"] is None
    assert np.shape(second["forecast"]) == (48, 9) and second["scores"] == {"k": 2.0}
    assert second["places"] == [{"name": "here", "rank": 1}] and second["ragged"] == [1.0]


BROKEN = [
    ([0.0], [[math.nan]]),
    ([0.0], [[0.0, 0.0]]),
    ([0.0, 1.0], [[0.0]]),
    ([0.0], [0.0]),
]


@pytest.mark.parametrize("field", ["probability", "price"])
@pytest.mark.parametrize("parts", BROKEN)
def test_broken_explanations_are_an_error_of_the_model(parts, field):
    class Odd(Answers):
        def explain_columns(self, columns):
            good = [0.0], [[0.0]]
            return Explanation(field, *(parts if field == "probability" else good))

    own = variant("plain", number="7", model=Odd({"x": "double"}, lambda columns: {"probability": [0.5]}))
    with pytest.raises(InferenceError, match="Version 7 of 'plain'"):
        asyncio.run(explain(own, AnswerSchema(task("plain").Prediction, own.label), {"x": [1.0]}, 1))


class Asked(Answers):
    """Uses 5 in place of an `x` that is missing, and names `features`."""

    features = {"x": lambda used: used}

    def explain_columns(self, columns):
        used = [5.0 if value is None else value for value in columns["x"]]
        features = {name: values(used) for name, values in self.features.items()}
        return Explanation("probability", np.zeros(len(used)), np.zeros((len(used), 1)), features=features)


def explained(model: type[Answers], values: list) -> dict:
    own = variant(
        "plain", number="7", model=model({"x": "double"}, lambda columns: {"probability": [0.5] * len(columns["x"])})
    )
    columns = {"x": values}
    explanation = asyncio.run(explain(own, AnswerSchema(task("plain").Prediction, own.label), columns, len(values)))
    reports = [Report() for _ in values]
    return encode(
        Inference(own, rows(*[1.0] * len(values)), columns, reports, explanation.predictions, []), explanation
    )


def test_an_explanation_shows_the_values_that_the_model_used():
    values = [1.0, None, 3.0] * 20  # more than a piece
    found = explained(Asked, values)["explanations"]
    assert [row["features"]["x"] for row in found] == [5.0 if value is None else value for value in values]


@pytest.mark.parametrize("features", [{"x": lambda used: used[1:]}, {"y": lambda used: used}])
def test_values_that_are_not_those_of_its_inputs_are_an_error_of_the_model(features):
    with pytest.raises(InferenceError, match="Version 7 of 'plain' names"):
        explained(type("Odd", (Asked,), {"features": features}), [1.0, 2.0])
