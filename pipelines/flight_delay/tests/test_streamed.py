"""With Ray as the engine no step from the join to the training holds the training set; the model is as good."""

from pathlib import Path

import pandas as pd
import pytest

from capstan.data.batches import Batches
from capstan.data.files import read_tables, write_tables
from capstan.settings import settings
from capstan.versions import model_version
from components.build_features.core import build_features
from components.evaluate.core import evaluate
from components.materialize.core import materialize
from components.split.core import split
from components.train.core import train
from monitoring import signals
from pipelines.flight_delay import task
from tests.support import flights

NAMES = ("tables", "features", "training_set", "train", "test", "model", "units")


@pytest.fixture(scope="module")
def end_ray():
    """End Ray after these tests."""
    import ray

    yield
    ray.shutdown()


def road(folder: Path, **training: int) -> dict[str, float]:
    """Take the flights in `folder/tables` to the evaluation; return the counts of the features and the metrics."""
    paths = {name: str(folder / name) for name in NAMES}
    counts = str(folder / "counts.json")
    found, _ = build_features(
        "flight_delay", paths["tables"], paths["features"], paths["training_set"], counts, keep=True
    )
    split("flight_delay", paths["training_set"], paths["train"], paths["test"], counts, known_by="2013-12-30T00:00:00Z")
    train("flight_delay", paths["train"], paths["model"], training)
    return found | evaluate(paths["model"], paths["test"], counts, paths["units"], str(folder / "report.html"))


@pytest.mark.slow
@pytest.mark.rotating
def test_flights_in_batches_give_as_good_a_model_as_at_once(home, tmp_path, monkeypatch, end_ray):
    monkeypatch.setitem(task.PARAMETERS, "rounds", 60)
    tables = flights.real_tables(every=6)
    metrics = {}
    for engine in ("local", "ray"):
        write_tables(tables, tmp_path / engine / "tables")
        monkeypatch.setenv("CAPSTAN_ENGINE", engine)
        monkeypatch.setenv("CAPSTAN_TASK_MEMORY_MB", "16")
        settings.cache_clear()
        metrics[engine] = road(tmp_path / engine, **({"workers": 2} if engine == "ray" else {}))
    whole, streamed = (read_tables(tmp_path / engine / "train")["flights"] for engine in ("local", "ray"))
    assert isinstance(whole, pd.DataFrame) and isinstance(streamed, Batches)
    assert max(map(len, streamed)) <= len(whole) / 2
    rows = streamed.frame()
    pd.testing.assert_frame_equal(rows[whole.columns], whole.reset_index(drop=True), check_dtype=False)
    last = read_tables(tmp_path / "local" / "training_set")["training_set"]["event_timestamp"].max()
    parts = [str(tmp_path / "ray" / name) for name in ("features", "training_set")]
    assert materialize("flight_delay", *parts) == last.isoformat()
    for name, value in metrics["local"].items():
        assert metrics["ray"][name] == pytest.approx(value, abs=0.01), name
    model = model_version.load(tmp_path / "ray" / "model" / model_version.DATA).model
    watched = signals.of_tables(task, model, str(tmp_path / "ray" / "train"))
    assert signals.SAMPLE_ROWS / 2 < len(watched) <= signals.SAMPLE_ROWS
    assert watched["late"].mean() == pytest.approx(whole["late"].mean(), abs=0.02)
