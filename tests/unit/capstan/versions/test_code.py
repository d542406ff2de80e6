"""The digest of a step's code: what it imports counts, and nothing else."""

import shutil
from pathlib import Path

import pytest

from capstan.runner.step_cache import StepCache
from capstan.settings import ROOT
from capstan.versions import code

TRAIN = "def train():\n    from components.train.core import train\n"
EVALUATE = "def evaluate():\n    from components.evaluate.core import evaluate\n"


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A copy of the sources, whose digests are taken."""
    for folder in (*code.PACKAGES, "requirements"):
        if (ROOT / folder).exists():
            shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(tmp_path / "pipelines" / "flight_delay", tmp_path / "pipelines" / "another")
    monkeypatch.setattr(code, "ROOT", tmp_path)
    monkeypatch.setattr("capstan.catalogue.PIPELINES", tmp_path / "pipelines")
    return tmp_path


def changes(checkout: Path, path: str, source: str = TRAIN, capstone: str = "flight_delay") -> bool:
    """Return whether an edit of a file changes the digest of a step."""
    before = code.step_digest(capstone, source)
    with (checkout / path).open("a") as file:
        file.write("# changed\n")
    return code.step_digest(capstone, source) != before


@pytest.mark.parametrize(
    "path",
    [
        "components/train/core.py",
        "components/train/mlflow_model.py",
        "capstan/versions/model_version.py",
        "models/trees/gbdt.py",
        "models/trees/booster.py",
        "pipelines/flight_delay/task.py",
        "pipelines/flight_delay/columns.py",
        "requirements/all.lock",
    ],
)
def test_what_a_step_imports_counts(checkout, path):
    assert changes(checkout, path)


@pytest.mark.parametrize(
    "path",
    [
        "pipelines/another/task.py",
        "pipelines/flight_delay/pipeline.py",
        "components/deploy/core.py",
        "components/evaluate/report.py",
        "serving/server.py",
        "monitoring/reports.py",
        "capstan/local/stack.py",
        "cluster/profile.py",
    ],
)
def test_what_a_step_does_not_import_does_not_count(checkout, path):
    assert not changes(checkout, path)


def test_steps_of_one_capstone_have_digests_of_their_own(checkout):
    assert changes(checkout, "components/evaluate/report.py", EVALUATE)
    assert code.step_digest("flight_delay", TRAIN) != code.step_digest("flight_delay", EVALUATE)


def test_offline_store_counts_for_the_step_that_builds_features(checkout):
    source = "def build_features():\n    from components.build_features.core import build_features\n"
    assert changes(checkout, "feature_repo/offline_store/sql.py", source)
    assert not changes(checkout, "feature_repo/offline_store/sql.py", EVALUATE)


def test_tag_of_the_image_does_not_count_for_a_local_step(tmp_path):
    cache = StepCache(str(tmp_path), "flight_delay")
    command = ["sh", "-ec", "run", TRAIN]
    keys = {cache.compute_key("train", image, command, {"seed": seed}) for image in ("a:1", "a:2") for seed in (0, 1)}
    assert len(keys) == 2
