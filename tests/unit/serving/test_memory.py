"""A version that was replaced leaves the memory, and its files the disk."""

import asyncio
import gc
import weakref
from pathlib import Path

from serving.model.capstone import CapstoneModel
from serving.model.codec_v1 import V1Payload
from serving.predictions.log import PredictionLog
from serving.scoring.variants import Files
from tests.support.capstones_of_tests import variant


def test_a_model_that_nobody_serves_any_more_is_freed(tmp_path):
    log = PredictionLog(tmp_path)

    def serve(version: str) -> tuple[CapstoneModel, weakref.ref, Path]:
        files = Files("plain")
        made = variant("plain", number=version, files=files)
        return CapstoneModel("plain", {"champion": made}, log), weakref.ref(made.model), files.path

    served, old, old_files = serve("1")
    answer = asyncio.run(served.predict(V1Payload({"instances": [{"x": 1}]}), {}))
    assert answer["predictions"][0]["model_version"] == "1" and old() and old_files.exists()
    served, new, new_files = serve("2")
    gc.collect()
    assert old() is None and not old_files.exists()
    assert new() and new_files.exists()
    log.close()
