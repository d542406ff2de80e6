"""What is served, what is watched, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from capstan.errors import CapstanError
from models.transformer.measures import losses
from pipelines.distributed_training import task
from pipelines.distributed_training.schema import LONGEST, Request
from pipelines.distributed_training.tests.controls import fewer
from tests.support import watched
from tests.support.controls import parts

PLAY = "ROMEO:\nBut, soft! what light through yonder window break"


@pytest.fixture(scope="module")
def data():
    return fewer(parts("distributed_training"))


@pytest.fixture(scope="module")
def model(data):
    return task.train(data[0], steps=60, width=32, layers=1)


def test_chances_are_those_of_the_network_and_the_likeliest_is_next(model):
    answer = model.answer(PLAY)
    assert answer["next"] == max(answer["chances"], key=answer["chances"].get)
    assert answer["confidence"] == max(answer["chances"].values()) < 1
    assert np.exp(model.logs(np.frombuffer(PLAY.encode(), np.uint8))).sum(axis=1) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("length", [1, 40, 128, 129, 700])
def test_a_text_costs_what_the_report_measures(model, data, length):
    text = "".join(data[1]["lines"]["text"])[:length]
    content = np.frombuffer(text.encode(), np.uint8)
    costs = [-byte["logprob"] for byte in model.answer(text)["scored"]]
    assert len(costs) == length
    if length < model.shape.context:
        assert costs == pytest.approx(losses(model.decoder, content, model.shape.context), abs=1e-4)


def test_a_text_unlike_the_plays_is_not_familiar(model, data):
    text = "".join(data[0]["lines"]["text"])  # its beginning is held out
    passages = [text[begin : begin + 100] for begin in range(0, 3_000, 100)]
    assert np.mean([model.answer(passage)["familiar"] for passage in passages]) > 0.9
    assert not model.answer("zq#7$kx@@91~~^^vv|{}" * 5)["familiar"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": ""}, "at least 1"),
        ({"text": " \n"}, "blank"),
        ({"text": "a\0b"}, "NUL"),
        ({"text": 3}, "valid string"),
        ({"text": "a" * (LONGEST + 1)}, "at most"),
        ({"text": "a", "temperature": 1}, "Extra inputs"),
        ({}, "Field required"),
    ],
)
def test_what_is_wrong_is_refused(given, said):
    with pytest.raises(ValidationError, match=said):
        Request(**given)


def test_an_unknown_scheme_is_refused(data):
    with pytest.raises(CapstanError, match=r"no scheme 'ZeRO 4'. There are: single, data parallel"):
        task.train(data[0], scheme="ZeRO 4")


def test_a_text_that_is_too_short_is_refused(data):
    with pytest.raises(CapstanError, match="It needs more than 128"):
        task.train({"lines": data[0]["lines"].head(3)})


def test_a_planted_shift_alarms_and_another_part_of_the_plays_does_not(model, data):
    reference = task.signals(model, data[1])
    half = len(reference) // 2

    def alarms(texts):
        answers = pd.DataFrame(model.predict_columns({"text": texts}))
        live = task.live_signals(pd.DataFrame({"text": texts}), answers)
        return watched.alarms("distributed_training", reference.iloc[:half], live.join(answers))

    text, random = "".join(data[1]["lines"]["text"]), np.random.default_rng(1)
    others = [text[begin : begin + random.integers(40, 200)] for begin in random.integers(0, len(text) - 200, 120)]
    code = [
        "def f(x):\n    return [i ** 2 for i in range(x) if i % 2]\n\n"[: random.integers(40, 58)] for _ in range(120)
    ]
    assert alarms(others) == set()
    assert {("drift", "bits_per_byte"), ("drift", "text_symbols")} <= alarms(code)
