"""What computes for long leaves the event loop."""

import asyncio
import threading
import time

import numpy as np
import pytest
from kserve.errors import InferenceError

from serving.scoring.scorer import Scorer
from serving.scoring.variants import Variant
from tests.integration.serving.capstones import PlainRequest


def scorer(predict_columns) -> Scorer:
    class Model:
        def __init__(self):
            self.predict_columns = predict_columns

    return Scorer("plain", Variant("champion", "1", "run", Model(), ("x",), None))


def test_a_model_that_took_long_no_longer_holds_up_the_loop():
    """The second call ends only when the loop, which is free then, says so."""
    calls, said = [], threading.Event()

    def predict(columns) -> list[float]:
        calls.append(threading.current_thread())
        if len(calls) == 1:
            time.sleep(0.05)
        else:
            assert said.wait(60)
        return columns["x"]

    async def both():
        own = scorer(predict)
        await own.score([PlainRequest(x=1)])
        second = asyncio.create_task(own.score([PlainRequest(x=2)]))
        while len(calls) < 2:
            await asyncio.sleep(0.001)
        said.set()
        return (await second).scores.tolist()

    assert asyncio.run(both()) == [2.0]
    assert calls[0] is threading.main_thread() and calls[1] is not threading.main_thread()


@pytest.mark.parametrize("wrong", [[], [1.0, 2.0], np.ones((1, 1))], ids=["none", "two", "a matrix"])
def test_one_row_needs_one_score(wrong):
    with pytest.raises(InferenceError, match="Version 1 of 'plain' gave no score a row"):
        asyncio.run(scorer(lambda columns: wrong).score([PlainRequest(x=1)]))
