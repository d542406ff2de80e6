"""A version on disk: it is loaded with its own source, artifacts and schema, whatever has become of the capstone."""

import sys
import threading
from pathlib import Path

import pytest

from capstan import catalogue, model_version
from capstan.errors import CapstanError
from capstan.settings import settings
from components.train.mlflow_model import requirements
from models.booster import CalibratedBooster

TASK = """
from pydantic import BaseModel

from capstan.bounds import at_most
from capstan.model import Model
from pipelines.made.scale import SCALE

TITLE = "Made?"
THRESHOLDS = {"error": at_most(1)}


class Scaled(Model):
    inputs = {"x": "double"}

    def predict_columns(self, columns):
        return {"y": [SCALE * value for value in columns["x"]]}


class Request(BaseModel):
    x: float


class Prediction(BaseModel):
    y: float


def load(data_dir): ...


def split(tables): ...


def train(tables):
    return Scaled()


def evaluate(model, tables): ...


def examples(tables): ...
"""


@pytest.fixture
def made(tmp_path, monkeypatch) -> Path:
    """The folder of a capstone outside of the checkout."""
    import pipelines

    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(tmp_path))
    settings.cache_clear()
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "task.py").write_text(TASK)
    (folder / "scale.py").write_text("SCALE = 2\n")
    yield folder
    settings.cache_clear()
    pipelines.__path__[:] = [path for path in pipelines.__path__ if path != str(tmp_path)]
    for name in [name for name in sys.modules if name.startswith("pipelines.made")]:
        del sys.modules[name]


def save(folder: Path) -> Path:
    task = catalogue.load("made")
    model_version.save(folder, task, task.train({}))
    return folder


def test_version_keeps_its_source_when_the_capstone_is_edited(made, tmp_path):
    saved = save(tmp_path / "version")
    (made / "scale.py").write_text("SCALE = 3\n")
    (made / "task.py").write_text(TASK.replace("x: float", "renamed: float"))
    loaded = model_version.load(saved)
    assert loaded.model.predict_columns({"x": [1.0]}) == {"y": [2.0]}
    assert list(loaded.task.Request.model_fields) == ["x"]
    assert loaded.schema["request"]["properties"].keys() == {"x"}


def test_loading_leaves_what_is_imported_as_it_was(made, tmp_path):
    saved = save(tmp_path / "version")
    before = {name: module for name, module in sys.modules.items() if name.startswith("pipelines.made")}
    assert model_version.load(saved).task.Request is not before["pipelines.made.task"].Request
    assert {name: module for name, module in sys.modules.items() if name.startswith("pipelines.made")} == before


def test_two_versions_with_other_source_live_side_by_side(made, tmp_path):
    first = save(tmp_path / "first")
    for name in [name for name in sys.modules if name.startswith("pipelines.made")]:
        del sys.modules[name]
    (made / "scale.py").write_text("SCALE = 10\n# another\n")
    second = save(tmp_path / "second")
    models = [model_version.load(folder).model for folder in (first, second)]
    assert [model.predict_columns({"x": [1.0]})["y"] for model in models] == [[2.0], [10.0]]


def test_version_is_loaded_while_another_thread_imports(made, tmp_path):
    folder, ended = save(tmp_path / "version"), threading.Event()

    def import_more() -> None:
        names = [f"imported_{number}" for number in range(2_000)]
        while not ended.is_set():
            for name in names:
                sys.modules[name] = sys
            for name in names:
                del sys.modules[name]

    thread = threading.Thread(target=import_more)
    thread.start()
    try:
        for _ in range(50):
            assert model_version.load(folder).model.predict_columns({"x": [2]}) == {"y": [4]}
    finally:
        ended.set()
        thread.join()


def test_artifacts_go_with_the_version(made, tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"weights")
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "vocabulary" / "words.txt").write_text("one two")
    task = catalogue.load("made")
    model = task.train({})
    model.artifacts = {"weights": tmp_path / "weights.bin", "vocabulary": tmp_path / "vocabulary"}
    model_version.save(tmp_path / "version", task, model)
    (tmp_path / "weights.bin").unlink()
    loaded = model_version.load(tmp_path / "version").model
    assert loaded.artifacts["weights"].read_bytes() == b"weights"
    assert (loaded.artifacts["vocabulary"] / "words.txt").read_text() == "one two"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / "model.pkl").write_bytes(b"no pickle"), "cannot be loaded"),
        (lambda folder: (folder / "schema.json").unlink(), "schema.json"),
        (lambda folder: (folder / "code" / "pipelines" / "made" / "task.py").write_text("1 / 0"), "ZeroDivisionError"),
    ],
)
def test_damaged_version_is_a_clear_error_and_changes_no_import(damage, reason, made, tmp_path):
    saved = save(tmp_path / "version")
    before = sys.modules["pipelines.made.task"]
    damage(saved)
    with pytest.raises(CapstanError, match=reason) as error:
        model_version.load(saved)
    assert str(saved) in str(error.value)
    assert sys.modules["pipelines.made.task"] is before


def test_model_is_pinned_to_its_own_requirements_and_to_no_others(made):
    pinned = requirements(catalogue.load("made").train({}))
    assert all("==" in line for line in pinned)
    assert not [line for line in pinned if line.startswith(("lightgbm", "torch", "scikit-learn"))]
    booster = CalibratedBooster(None, ["x"], {}, slope=1.0, intercept=0.0)
    assert [line for line in requirements(booster) if line.startswith("lightgbm==")]
