"""Which capstones a run of the tests selects, and since which commit changes count."""

import subprocess
from pathlib import Path

import pytest

from tests.support import selected, selection
from tests.support.selection import FLAGSHIP, TURNS, Candidate, choose, choose_one, its_turn

MANY = [FLAGSHIP, *(f"c{number:02}" for number in range(35))]


def capstones(**facts: dict[str, bool]) -> list[Candidate]:
    return [Candidate(name, **facts.get(name, {})) for name in MANY]


def test_each_has_its_turn_and_the_flagship_runs_each_time():
    runs = [choose(capstones(), number) for number in range(len(MANY) - 1)]
    assert {name for run in runs for name in run} == {*MANY}
    assert all(FLAGSHIP in run and len(run) == 2 for run in runs)


@pytest.mark.parametrize("number", range(0, 36, 7))
def test_an_edited_capstone_is_selected_at_any_turn(number):
    assert "c30" in choose(capstones(c03={"reached": True}, c30={"edited": True}), number)


def test_an_edit_of_the_core_selects_some_and_those_that_were_edited_first():
    reached = {name: {"reached": True, "edited": name == "c28"} for name in MANY}
    assert choose(capstones(**reached), 0) == {FLAGSHIP: "the flagship", "c00": "its turn", "c28": "edited"}


def test_an_edit_of_the_core_selects_others_each_time():
    runs = [choose(capstones(**{name: {"reached": True} for name in MANY}), number) for number in (0, 3)]
    assert [run.keys() - {FLAGSHIP} for run in runs] == [{"c00", "c01"}, {"c03", "c04"}]


def test_each_rotating_test_has_run_after_all_turns():
    assert sorted(name for number in range(40, 40 + TURNS) for name in its_turn(MANY, number)) == sorted(MANY)


def test_a_part_of_a_file_has_its_turn_alone(request):
    """So have the tests of each capstone in a file of all: else one run in twelve would have those of twenty."""

    def part(*marks: pytest.MarkDecorator) -> str:
        item = pytest.Function.from_parent(request.node.parent, name="test_it", callobj=lambda: None)
        for mark in marks:
            item.add_marker(mark)
        return selected.part_of(item)

    rotating = pytest.mark.rotating
    whole, named = part(rotating), part(rotating("whole"))
    churn, spam = (part(rotating, pytest.mark.capstone(name)) for name in ("churn", "spam"))
    assert whole == part(rotating) and churn == part(rotating, pytest.mark.capstone("churn"))
    assert len({whole, named, churn, spam}) == 4


def test_a_cluster_gets_an_edited_capstone_or_one_after_another():
    assert choose_one(capstones(c07={"edited": True}, c01={"reached": True}), 3) == "c07"
    assert [choose_one(capstones(), number) for number in (0, 1, 35)] == ["c00", "c01", "c00"]
    assert choose_one([Candidate(FLAGSHIP)], 5) is None


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A repository of two commits on main."""
    monkeypatch.delenv("CAPSTAN_TEST_BASE", raising=False)
    monkeypatch.delenv("CAPSTAN_TEST_TURN", raising=False)
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--initial-branch", "main")
    for name in ("a.py", "b.py"):
        (folder / name).touch()
        git(folder, "add", ".")
        git(folder, "commit", "--message", name)
    return folder


def test_turns_count_commits(repository, monkeypatch):
    assert selection.commits(repository) == 2
    monkeypatch.setenv("CAPSTAN_TEST_TURN", "10")
    assert selection.commits(repository) == 10


def test_on_a_branch_all_since_main_counts_committed_or_not(repository):
    git(repository, "checkout", "-b", "branch")
    (repository / "c d.py").touch()
    git(repository, "add", ".")
    git(repository, "mv", "a.py", "moved.py")
    git(repository, "commit", "--message", "branch")
    (repository / "b.py").write_text("edited")
    (repository / "new.py").touch()
    names = {path.name for path in selection.changed(repository)}
    assert names == {"a.py", "b.py", "c d.py", "moved.py", "new.py"}


def test_a_given_base_counts_where_it_is_a_commit(repository, monkeypatch):
    monkeypatch.setenv("CAPSTAN_TEST_BASE", "HEAD~1")
    assert {path.name for path in selection.changed(repository)} == {"b.py"}
    monkeypatch.setenv("CAPSTAN_TEST_BASE", "0" * 40)  # as CI says of a new branch
    assert selection.changed(repository) is None


def test_a_shallow_clone_does_not_know_what_changed(repository, tmp_path):
    git(tmp_path, "clone", "--depth", "1", f"file://{repository}", "shallow")
    assert selection.changed(tmp_path / "shallow") is None and selection.commits(tmp_path / "shallow") == 1


def test_without_git_nothing_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CAPSTAN_TEST_TURN", raising=False)
    assert selection.changed(tmp_path) is None and selection.commits(tmp_path) == 0


def test_edit_of_a_shared_module_reaches_the_capstones_that_import_it():
    edited = {selection.ROOT / "models" / "trees" / "gbdt.py"}
    reached = {candidate.name: candidate.reached for candidate in selection.candidates(edited)}
    assert reached[FLAGSHIP] and not reached["segmentation"]


def test_edit_reaches_the_tests_of_the_algorithms_that_import_it_and_the_others_have_their_turn():
    edited = {selection.ROOT / "models" / "trees" / "gbdt.py"}
    runs = [selection.unreached(edited, number) for number in range(TURNS)]
    own, other = (
        str(selection.ROOT / "tests" / "unit" / "models" / name)
        for name in ("trees/test_gbdt.py", "tokens/test_kneser_ney.py")
    )
    assert not any(own in left_out for left_out in runs)
    assert sum(other in left_out for left_out in runs) == TURNS - 1
    assert not set.intersection(*map(set, runs)) and other not in selection.unreached({Path(other)}, 0)


def test_unknown_edit_reaches_the_tests_of_every_algorithm():
    assert selection.unreached(None, 0) == []
