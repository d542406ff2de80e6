"""Which capstones go when another needs their memory."""

import pytest

from capstan.errors import CapstanError
from serving.model.memory import VERSION_BYTES, ModelMemory, NoRoom, size_of


@pytest.fixture
def memory():
    """Room for 100 bytes, 40 of them `a`'s and 40 `b`'s; `a` was used last."""
    memory = ModelMemory(100)
    for name in ("a", "b"):
        memory.reserve(name, 40, None)
    with memory.using("a"):
        pass
    return memory


def take(memory: ModelMemory, name: str, need: int) -> list[str]:
    """Reserve memory; return what was unloaded for it."""
    unloaded = []

    def unload(other: str) -> None:
        unloaded.append(other)
        memory.settle(other, 0)

    assert memory.reserve(name, need, unload) is bool(unloaded)
    return unloaded


def test_what_fits_unloads_nothing(memory):
    assert take(memory, "c", 20) == [] and memory.taken == 100


def test_the_least_recently_used_goes_first_and_no_more_than_needed(memory):
    assert take(memory, "c", 40) == ["b"] and memory.taken == 80
    assert take(memory, "d", 100) == ["a", "c"] and memory.taken == 100


def test_what_is_in_use_stays(memory):
    with memory.using("b"), memory.using("b"):
        assert take(memory, "c", 40) == ["a"]
        with pytest.raises(NoRoom, match="no room for 'd'"):
            take(memory, "d", 70)
        assert memory.taken == 80  # `c` would not have been enough, so it stays as well
    assert take(memory, "d", 70) == ["c", "b"]


def test_nothing_is_unloaded_for_what_may_wait(memory):
    with pytest.raises(NoRoom):
        memory.reserve("c", 40, None)
    assert memory.taken == 80


def test_a_new_version_needs_room_beside_the_old_one(memory):
    assert take(memory, "a", 60) == ["b"] and memory.taken == 100
    memory.settle("a", 60)  # the old one is gone
    assert memory.taken == 60


def test_a_budget_that_is_too_small_says_what_to_set(memory):
    with pytest.raises(CapstanError, match=r"CAPSTAN_SERVING_MEMORY is 1 MiB. Set it to 101 bytes or more"):
        take(memory, "c", 101)
    assert memory.taken == 80


def test_without_a_limit_everything_fits():
    assert take(ModelMemory(None), "a", 10**15) == []


def test_names_that_clients_choose_leave_nothing(memory):
    with memory.using("no capstone"):
        pass
    assert vars(memory)["_in_use"] == {} and memory.taken == 80


def test_a_version_takes_its_files_and_what_it_is_without_any(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "weights").write_bytes(bytes(1000))
    assert size_of(tmp_path) == VERSION_BYTES + 1000


def test_what_is_loading_stays(memory):
    """Its bytes are reserved before it is there; its loader is using it."""
    with memory.using("c"):
        assert take(memory, "c", 60) == ["b"]
        assert take(memory, "d", 40) == ["a"]
