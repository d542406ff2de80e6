"""The code of a version: complete, apart from today's, and bound to it also by imports that come late."""

import json
import shutil
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from capstan import catalogue
from capstan.settings import ROOT
from capstan.versions import model_version, version_code, version_seal
from tests.unit.capstan.versions.test_model_version import TASK, made

__all__ = ["made"]
BEFORE = ROOT / "tests" / "support" / "versions_before"

LATE = TASK.replace("from pipelines.made.scale import SCALE\n", "").replace(
    'return {"y": [SCALE * value for value in columns["x"]]}',
    """from . import offset
        from models.metrics.bootstrap import interval
        from pipelines.made.parts.scale import SCALE

        return {"y": [SCALE * value + offset.OFFSET for value in columns["x"]], "interval": interval}""",
)


@pytest.fixture
def late(made) -> Path:
    """A capstone whose model imports when it predicts: of a subfolder, relatively, and of `models`."""
    (made / "task.py").write_text(LATE)
    (made / "scale.py").unlink()
    (made / "offset.py").write_text("OFFSET = 1\n")
    (made / "parts").mkdir()
    (made / "parts" / "scale.py").write_text("SCALE = 2\n")
    return made


def save(folder: Path) -> Path:
    task = catalogue.load("made")
    model_version.save(folder, task, task.train({}))
    return folder


def code_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder / "code")) for path in (folder / "code").rglob("*.py")}


def test_a_version_carries_what_its_task_imports_and_no_more(late, tmp_path):
    (late / "compare.py").write_text("from models import gbdt\n")
    assert code_of(save(tmp_path / "version")) == {
        *("pipelines/__init__.py", "pipelines/made/task.py", "pipelines/made/offset.py"),
        *("pipelines/made/parts/scale.py", "models/__init__.py"),
        *("models/metrics/__init__.py", "models/metrics/bootstrap.py"),
    }


def test_an_import_that_comes_late_gets_the_version_of_its_module(late, tmp_path):
    saved = save(tmp_path / "version")
    model = model_version.load(saved).model
    (late / "offset.py").write_text("OFFSET = 100\n")
    (late / "parts" / "scale.py").write_text("SCALE = 300\n")
    import models.metrics.bootstrap

    for _ in range(2):
        answer = model.predict_columns({"x": [1.0]})
        assert answer["y"] == [3.0]
        assert answer["interval"] is not models.metrics.bootstrap.interval
        assert answer["interval"].__code__.co_filename == str(saved / "code" / "models" / "metrics" / "bootstrap.py")
    assert sys.modules["models.metrics.bootstrap"] is models.metrics.bootstrap


def test_a_later_edit_of_what_capstones_share_changes_no_version(late, tmp_path):
    saved = save(tmp_path / "version")
    shared = saved / "code" / "models" / "metrics" / "bootstrap.py"
    shared.write_text(shared.read_text() + "\ndef interval(*_):\n    return 'as it was'\n")
    version_seal.write(saved)
    assert model_version.load(saved).model.predict_columns({"x": [1.0]})["interval"]() == "as it was"


def test_versions_import_late_side_by_side(late, tmp_path):
    folders = [save(tmp_path / f"version-{scale}") for scale in range(4)]
    for scale, folder in enumerate(folders):
        (folder / "code" / "pipelines" / "made" / "parts" / "scale.py").write_text(f"SCALE = {scale}\n")
        version_seal.write(folder)
    models = [model_version.load(folder).model for folder in folders]
    answers: dict[int, list] = {}

    def ask(scale: int) -> None:
        answers[scale] = [models[scale].predict_columns({"x": [10.0]})["y"][0] for _ in range(20)]

    threads = [threading.Thread(target=ask, args=[scale]) for scale in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {scale: [10.0 * scale + 1] * 20 for scale in range(4)}


def test_versions_load_side_by_side(late, tmp_path):
    folders = [save(tmp_path / f"version-{scale}") for scale in range(4)]
    for scale, folder in enumerate(folders):
        (folder / "code" / "pipelines" / "made" / "parts" / "scale.py").write_text(f"SCALE = {scale}\n")
        version_seal.write(folder)

    def load(turn: int) -> bool:
        scale = turn % 4
        copied = tmp_path / f"copy-{turn}"  # as a download: nothing has read it before
        shutil.copytree(folders[scale], copied)
        return model_version.load(copied).model.predict_columns({"x": [10.0]})["y"] == [10.0 * scale + 1]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(load, range(40)))


def test_a_module_that_a_version_does_not_carry_is_missing_not_todays(late, tmp_path):
    saved = save(tmp_path / "version")
    (saved / "code" / "pipelines" / "made" / "offset.py").unlink()
    version_seal.write(saved)
    with pytest.raises(ImportError, match="offset"):
        model_version.load(saved).model.predict_columns({"x": [1.0]})


def test_loading_and_late_imports_leave_no_bytecode(late, tmp_path):
    saved = save(tmp_path / "version")
    model_version.load(saved).model.predict_columns({"x": [1.0]})
    assert list(saved.rglob("*.pyc")) == []


@pytest.mark.parametrize("name", catalogue.names())
def test_the_code_of_each_capstone_is_complete(name, tmp_path):
    """Nothing that it carries imports, of the packages that versions carry, what it does not carry."""
    version_code.copy(name, tmp_path)
    carried = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.py")}
    assert Path("pipelines", name, "task.py") in carried
    assert {path.parts[0] for path in carried} <= set(version_code.PACKAGES)
    assert not [path for path in carried if path.name == "pipeline.py" or "tests" in path.parts]
    source = "".join((tmp_path / path).read_text() for path in carried)
    assert "import_module(" not in source, "a module that is imported by a text is not carried"


@pytest.fixture(scope="module")
def flat(tmp_path_factory) -> Path:
    """A version of `credit_risk` that was made before versions carried all their code."""
    folder = tmp_path_factory.mktemp("before")
    zipfile.ZipFile(BEFORE / "credit_risk_flat.zip").extractall(folder)
    return folder


def test_a_version_of_before_answers_as_it_did(flat):
    expected = json.loads((flat / "expected.json").read_text())
    loaded = model_version.load(flat)
    rows = [loaded.task.Request.model_validate(request).model_dump() for request in expected["requests"]]
    columns = {name: [row[name] for row in rows] for name in loaded.model.inputs}
    answer = loaded.model.predict_columns(columns)
    for field, values in answer.items():
        assert [getattr(value, "item", lambda value=value: value)() for value in values] == [
            row[field] for row in expected["answers"]
        ]


@pytest.mark.slow
def test_a_version_of_before_is_compared(flat):
    expected, task = json.loads((flat / "expected.json").read_text()), catalogue.load("credit_risk")
    _, held = task.split(task.load(None))
    assert task.evaluate(model_version.load(flat).model, held).metrics == pytest.approx(expected["metrics"], rel=1e-12)


@pytest.mark.slow
def test_mlflow_loads_a_version_of_before(flat, tmp_path):
    import mlflow

    shutil.copytree(flat, tmp_path / "version")
    mlflow.pyfunc.save_model(tmp_path / "model", loader_module="capstan.version", data_path=str(tmp_path / "version"))
    frame = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    assert frame.metadata.flavors["python_function"]["loader_module"] == "capstan.version"
