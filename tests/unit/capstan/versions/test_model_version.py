"""A version on disk: it is loaded with its own source, artifacts and schema, whatever has become of the capstone."""

import hashlib
import re
import shutil
import sys
import threading
from pathlib import Path

import pytest

from capstan import catalogue
from capstan.contract.weights import Weights
from capstan.data.files import digest
from capstan.errors import CapstanError
from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.versions import model_version, version_seal
from components.train.mlflow_model import requirements
from models.trees.booster import CalibratedBooster

TASK = """
from pydantic import BaseModel

from capstan.contract.bounds import at_most
from capstan.contract.model import Model
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


def test_a_few_examples_go_with_the_version_and_none_that_is_long(made, tmp_path):
    task = catalogue.load("made")
    examples = [{"x": 1.0}, {"x": "long" * 30_000}, *({"x": float(number)} for number in range(9))]
    model_version.save(tmp_path / "version", task, task.train({}))
    model_version.add_examples(tmp_path / "version", examples)
    assert model_version.load(tmp_path / "version").schema["examples"] == [
        {"x": 1.0},
        *({"x": x} for x in (0.0, 1.0, 2.0)),
    ]
    assert model_version.load(save(tmp_path / "without")).schema["examples"] == []


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


def stated(folder: Path, content: bytes) -> str:
    """Write weights into a data folder; return the source of the task that states them."""
    folder.mkdir(exist_ok=True)
    (folder / "layers.bin").write_bytes(content)
    weights = Weights("layers.bin", hashlib.sha256(content).hexdigest(), "CC0-1.0", "http://127.0.0.1:9/layers.bin")
    return f"{TASK}\n\nfrom capstan.contract.weights import Weights\n\nWEIGHTS = {{'layers': {weights!r}}}\n".replace(
        "def train(tables):\n    return Scaled()",
        "def train(tables, weights):\n    model = Scaled()\n    model.weight_files = weights\n    return model",
    )


def test_versions_share_the_weights_that_they_read(made, tmp_path, home, monkeypatch):
    (made / "task.py").write_text(stated(tmp_path / "data", b"layers"))
    monkeypatch.setenv("CAPSTAN_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    task = catalogue.load("made")
    weights_files.write_folder(task.WEIGHTS, tmp_path / "step")
    shutil.copytree(tmp_path / "step", tmp_path / "other step")
    for number, step in enumerate(["step", "other step"]):
        weights = weights_files.read_folder(tmp_path / step)
        model_version.save(tmp_path / str(number), task, task.train({}, weights))
    assert digest(tmp_path / "0") == digest(tmp_path / "1")  # whatever the paths of the step were
    shutil.rmtree(tmp_path / "data")
    loaded = [model_version.load(tmp_path / number).model.weight_files["layers"] for number in "01"]
    assert loaded[0] == loaded[1] and loaded[0].is_relative_to(home) and loaded[0].read_bytes() == b"layers"
    assert not [path for path in (tmp_path / "0").rglob("*") if path.is_file() and path.read_bytes() == b"layers"]


def test_version_reads_its_own_weights_when_the_task_states_others(made, tmp_path, home, monkeypatch):
    monkeypatch.setenv("CAPSTAN_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    for content in (b"first", b"second"):
        (made / "task.py").write_text(stated(tmp_path / "data", content) + f"# {content!r}\n")
        for name in [name for name in sys.modules if name.startswith("pipelines.made")]:
            del sys.modules[name]
        task = catalogue.load("made")
        model_version.save(tmp_path / content.decode(), task, task.train({}, weights_files.fetch_all(task.WEIGHTS)))
    for content in (b"first", b"second"):
        loaded = model_version.load(tmp_path / content.decode())
        assert loaded.model.weight_files["layers"].read_bytes() == content


def test_weights_that_the_task_does_not_state_are_refused(made, tmp_path):
    task = catalogue.load("made")
    model = task.train({})
    model.weight_files = {"layers": tmp_path / "layers.bin"}
    with pytest.raises(CapstanError, match=r"reads the weights layers\. Add them to WEIGHTS"):
        model_version.save(tmp_path / "version", task, model)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("WEIGHTS = {'a': 'model.bin'}", "WEIGHTS maps a name to a capstan.contract.weights.Weights"),
        ("WEIGHTS = {'a': Weights('a', '0' * 63, '', '')}", "the sha256 of its weights a is not 64 hex digits"),
        ("WEIGHTS = {'a': Weights('a', '0' * 64, '', '')}", "its `train` has no parameter `weights`"),
    ],
)
def test_wrong_weights_are_named_when_the_task_is_loaded(made, line, problem):
    (made / "task.py").write_text(f"{TASK}\nfrom capstan.contract.weights import Weights\n\n{line}\n")
    with pytest.raises(CapstanError, match=re.escape(problem)):
        catalogue.load("made")


BROKEN = [
    (lambda folder: (folder / "model.pkl").write_bytes(b"no pickle"), "UnpicklingError"),
    (lambda folder: (folder / "schema.json").unlink(), "FileNotFoundError"),
    (lambda folder: (folder / "code" / "pipelines" / "made" / "task.py").write_text("1 / 0"), "ZeroDivisionError"),
]


@pytest.mark.parametrize("sealed", [False, True], ids=["damaged", "registered so"])
@pytest.mark.parametrize(("damage", "reason"), BROKEN)
def test_broken_version_is_a_clear_error_and_changes_no_import(damage, reason, sealed, made, tmp_path):
    saved = save(tmp_path / "version")
    before = sys.modules["pipelines.made.task"]
    damage(saved)
    if sealed:
        version_seal.write(saved)
    with pytest.raises(CapstanError, match=reason if sealed else "is not as saved") as error:
        model_version.load(saved)
    assert str(saved) in str(error.value)
    assert sys.modules["pipelines.made.task"] is before


def test_model_is_pinned_to_its_own_requirements_and_to_no_others(made):
    pinned = requirements(catalogue.load("made").train({}))
    assert all("==" in line for line in pinned)
    assert not [line for line in pinned if line.startswith(("lightgbm", "torch", "scikit-learn"))]
    booster = CalibratedBooster(None, ["x"], {}, slope=1.0, intercept=0.0)
    assert [line for line in requirements(booster) if line.startswith("lightgbm==")]
