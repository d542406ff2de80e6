"""Which image a capstone has: its tag changes with what its steps and endpoint can import, and with nothing else."""

import json
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from capstan import catalogue, families
from capstan import image_names as images
from capstan.errors import CapstanError
from capstan.settings import ROOT, settings
from capstan.versions import code

pytestmark = pytest.mark.rotating

OTHER = f"{version('capstan')}-0123456789abcdef"
NAMES = ["", "flight_delay", "credit_risk", "digits"]


@pytest.fixture(autouse=True)
def of_this_checkout(monkeypatch):
    """No settings of the environment, and nothing that an earlier test has read."""
    for name in ("CAPSTAN_IMAGE", "CAPSTAN_IMAGES"):
        monkeypatch.delenv(name, raising=False)
    forget()
    yield
    forget()


def forget() -> None:
    settings.cache_clear()
    images.core_digest.cache_clear()
    images._digest.cache_clear()


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """A copy of the sources, which the tests edit one after another."""
    folder, ignored = tmp_path_factory.mktemp("checkout"), shutil.ignore_patterns("__pycache__")
    for name in (*code.PACKAGES, "requirements", "images"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def checkout(copied, monkeypatch) -> Path:
    """The copy, whose images are asked for."""
    for module in (code, images, families):
        monkeypatch.setattr(module, "ROOT", copied)
    monkeypatch.setattr(catalogue, "PIPELINES", copied / "pipelines")
    return copied


def changed(checkout: Path, path: str) -> set[str]:
    """Return the capstones whose images an edit of a file changes; "" is the core."""
    before = {name: images.image(name) for name in NAMES}
    with (checkout / path).open("a") as file:
        file.write("\n")
    forget()
    return {name for name in NAMES if images.image(name) != before[name]}


@pytest.mark.parametrize("file", ["task.py", "pipeline.py", "new.py"])
def test_edit_of_a_capstone_changes_its_image_alone(checkout, file):
    assert changed(checkout, f"pipelines/credit_risk/{file}") == {"credit_risk"}


@pytest.mark.parametrize(
    "path",
    [
        "pipelines/credit_risk/README.md",
        "pipelines/credit_risk/studies/compare/results.json",
        "pipelines/credit_risk/studies/compare/tradeoff.svg",
        "pipelines/credit_risk/tests/test_data.py",
        "pipelines/credit_risk/tests/steps.txt",
        "manifests.md",
    ],
)
def test_documents_results_and_tests_change_no_image(checkout, path):
    assert changed(checkout, path) == set()


@pytest.mark.slow
def test_edit_of_shared_code_changes_the_core_and_who_imports_it(checkout):
    assert changed(checkout, "models/trees/gbdt.py") == {"", "flight_delay"}


@pytest.mark.slow
def test_edit_of_the_core_changes_every_image(checkout):
    assert changed(checkout, "serving/server.py") == set(NAMES)
    assert changed(checkout, "requirements/all.lock") == set(NAMES)
    assert changed(checkout, "serving/page/style.css") == set(NAMES)


def test_linters_settings_change_no_image(checkout):
    text = (checkout / "pyproject.toml").read_text()
    (checkout / "pyproject.toml").write_text(text.replace("line-length = 120", "line-length = 100"))
    assert changed(checkout, "manifests.md") == set()


def test_a_library_of_a_family_changes_the_images_with_that_family(checkout):
    before = {name: images.image(name) for name in NAMES}
    path = checkout / "pyproject.toml"
    path.write_text(path.read_text().replace('"onnxscript", ', ""))
    forget()
    families.all_families.cache_clear()
    after = {name: images.image(name) for name in NAMES}
    families.all_families.cache_clear()
    assert {name for name in NAMES if after[name] != before[name]} == {"digits"}


def test_families_that_begin_alike_share_the_layers_below():
    tables, vision = images.layers(families.of("recommender")), images.layers(families.of("digits"))
    assert tables[:2] == vision[:2] and tables[2:] != vision[2:]
    assert families.of("recommender")[0] == "torch"


def test_nothing_of_the_core_imports_what_only_capstones_count():
    core = [path for name, path in images.core_files().items() if path.suffix == ".py" and not images._is_shared(path)]
    assert not [path for path in code.imported(core) if images._is_shared(path)]


def test_layer_of_a_capstone_has_its_python_files_alone():
    files = images.capstone_files("credit_risk")
    assert {"pipelines/credit_risk/task.py", "pipelines/credit_risk/pipeline.py"} <= files.keys()
    assert all(name.startswith("pipelines/credit_risk/") and name.endswith(".py") for name in files)
    assert not any("tests" in name for name in files)
    assert not images.core_files().keys() & files.keys()


def test_capstone_outside_of_the_checkout_has_an_image_too(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "tests" / "capstones" / "house_sale", tmp_path / "house_sale")
    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(tmp_path))
    settings.cache_clear()
    assert "pipelines/house_sale/task.py" in images.capstone_files("house_sale")
    assert images.image("house_sale").endswith("-house-sale")


def test_image_with_a_tag_is_used_as_it_is(monkeypatch):
    monkeypatch.setenv("CAPSTAN_IMAGE", "registry.example.com:5000/churn:1")
    assert images.image("flight_delay") == images.image() == "registry.example.com:5000/churn:1"
    assert images.other_code("flight_delay") == ""


def test_a_run_takes_the_image_that_the_cluster_has_and_says_whose_code_it_is(monkeypatch):
    there = f"localhost:5001/capstan:{OTHER}-flight-delay"
    monkeypatch.setenv("CAPSTAN_IMAGES", json.dumps({"flight_delay": there}))
    assert images.image("flight_delay") == there
    assert f"{OTHER}-flight-delay, and this checkout" in images.other_code("flight_delay")
    images.require("flight_delay")
    with pytest.raises(CapstanError, match=r"no image of digits.*`capstan cluster up digits`"):
        images.require("digits")


@pytest.mark.parametrize("digest", ["", "@sha256:1f2e"])
def test_image_of_this_checkouts_code_is_not_told(digest, monkeypatch):
    monkeypatch.setenv("CAPSTAN_IMAGES", json.dumps({"digits": f"capstan:{images.tag('digits')}{digest}"}))
    assert images.other_code("digits") == ""
