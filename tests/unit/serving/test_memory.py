"""A version that was replaced leaves the memory, and nobody uses its files any more."""

import asyncio
import gc
import weakref
from pathlib import Path

from capstan.versions import version_cache
from predictions.log import PredictionLog
from serving.model.codec_v1 import V1Payload
from serving.model.served_model import ServedModel
from tests.support.capstones_of_tests import variant


def test_a_model_that_nobody_serves_any_more_is_freed(tmp_path, monkeypatch):
    monkeypatch.setattr(version_cache, "MOST", 0)
    log = PredictionLog(tmp_path)

    def serve(version: str) -> tuple[ServedModel, weakref.ref, Path]:
        files = version_cache.hold("memory", version, lambda folder: (folder / "model").touch())
        loaded = variant("plain", number=version, files=files)
        return ServedModel("plain", {"champion": loaded}, log), weakref.ref(loaded.model), files.path

    served, old, old_files = serve("1")
    answer = asyncio.run(served.predict(V1Payload({"instances": [{"x": 1}]}), {}))
    assert answer["predictions"][0]["model_version"] == "1" and old() and old_files.exists()
    served, new, new_files = serve("2")
    gc.collect()
    version_cache.trim()
    assert old() is None and not old_files.exists()
    assert new() and new_files.exists()
    log.close()
