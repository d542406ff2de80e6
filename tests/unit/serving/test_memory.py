"""A version that was replaced leaves the memory."""

import asyncio
import gc
import weakref

from serving.model.capstone import CapstoneModel
from serving.predictions.log import PredictionLog
from serving.scoring.variants import Variant
from tests.integration.serving.capstones import PlainRequest, make_model


def test_a_model_that_nobody_serves_any_more_is_freed(tmp_path):
    log = PredictionLog(tmp_path)

    def serve(version: str) -> tuple[CapstoneModel, weakref.ref]:
        model = make_model("plain", 0.0)
        variant = Variant("champion", version, "run", model, ("x", "y"), None)
        return CapstoneModel("plain", PlainRequest, {"champion": variant}, log), weakref.ref(model)

    served, old = serve("1")
    answer, _ = asyncio.run(served({"instances": [{"x": 1}]}))
    assert answer["predictions"][0]["model_version"] == "1" and old()
    served, new = serve("2")
    gc.collect()
    assert old() is None and new()
    log.close()
