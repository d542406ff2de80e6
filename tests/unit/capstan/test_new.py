"""`capstan new`: every combination of capabilities keeps the contract and the style; bad names leave nothing behind."""

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.scaffold.create import MADE, create
from capstan.settings import ROOT, settings
from tests.support.stack_depth import off_stack

KINDS = [set(chosen) for size in range(len(MADE) + 1) for chosen in combinations(MADE, size)]
KINDS = [kind for kind in KINDS if "labels" not in kind or "endpoint" in kind]

TORCH = ("contract", "labels", "monitoring")


@pytest.fixture
def parent(tmp_path, monkeypatch):
    """A folder of capstones of the settings."""
    import pipelines

    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()
    pipelines.__path__[:] = [path for path in pipelines.__path__ if path != str(tmp_path)]
    for name in [name for name in sys.modules if name.startswith("pipelines.made")]:
        del sys.modules[name]


def ruff(*arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("ruff")), *arguments, "--config", str(ROOT / "pyproject.toml")]
    return subprocess.run(command, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_every_combination_of_capabilities_is_complete_and_clean(parent):
    for number, kind in enumerate(KINDS):
        create(f"made_{number}", kind, parent)
        assert catalogue.load(f"made_{number}").capabilities == kind
        off_stack(catalogue.load_pipeline, f"made_{number}")
    assert ruff("check", "-q", str(parent)) == ""
    assert ruff("format", "--diff", str(parent)) == ""
    assert sorted(path.name for path in parent.iterdir()) == sorted(f"made_{number}" for number in range(len(KINDS)))


@pytest.mark.parametrize(
    ("kind", "capabilities"),
    [
        ("stream", set()),
        *(("torch", set(chosen)) for size in range(4) for chosen in combinations(TORCH, size)),
    ],
)
def test_other_kinds_are_complete_and_clean_and_always_have_an_endpoint(kind, capabilities, parent):
    create("made_kind", capabilities, parent, kind)
    assert catalogue.load("made_kind").capabilities == capabilities | {"endpoint"}
    off_stack(catalogue.load_pipeline, "made_kind")
    assert ruff("check", "-q", str(parent)) == "" == ruff("format", "--diff", str(parent))
    with pytest.raises(CapstanError, match=f"kind {kind} is made with .*endpoint.* Make it without features"):
        create("made_more", {"features"}, parent, kind)
    with pytest.raises(CapstanError, match="There are: table, stream, torch"):
        create("made_more", set(), parent, "magic")
    assert [path.name for path in parent.iterdir()] == ["made_kind"]


@pytest.mark.parametrize(
    "name", ["class", "../x", "Capital", "two words", "", "1st", "a-b", "_hidden", "x/y", "monitoring", "road"]
)
def test_name_that_cannot_be_used_gets_one_line_and_leaves_nothing(name, parent):
    with pytest.raises(CapstanError, match="cannot be the name") as error:
        create(name, set(), parent)
    assert "\n" not in str(error.value)
    assert list(parent.iterdir()) == []


def test_labels_without_an_endpoint_are_refused(parent):
    with pytest.raises(CapstanError, match="labels needs endpoint"):
        create("made", {"labels"}, parent)
    assert list(parent.iterdir()) == []


def test_name_that_is_taken_is_refused_and_what_is_there_stays(parent):
    create("made", {"endpoint"}, parent)
    before = (parent / "made" / "task.py").read_text()
    for name in ("made", "flight_delay"):
        with pytest.raises(CapstanError, match="already"):
            create(name, set(), parent)
    assert (parent / "made" / "task.py").read_text() == before
    assert [path.name for path in parent.iterdir()] == ["made"]


def test_folder_that_cannot_be_written_is_a_clear_error(parent):
    (parent / "file").write_text("in the way")
    with pytest.raises(CapstanError, match="cannot be written"):
        create("made", set(), parent / "file" / "below")


def test_unknown_capability_is_answered_with_the_known_ones(parent):
    with pytest.raises(CapstanError, match="There are: contract, features, endpoint, labels, monitoring"):
        create("made", {"magic"}, parent)


def test_disk_that_is_full_leaves_nothing_behind(parent, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CapstanError, match="No space left"):
        create("made", set(), parent)
    assert list(parent.iterdir()) == []
