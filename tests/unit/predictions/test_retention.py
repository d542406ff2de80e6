"""Which versions the policy keeps."""

import pytest

from capstan.rollout.state import RolloutState
from capstan.versions.registry import RETIRED, ModelVersion
from predictions.retention.versions import select

ROLES = RolloutState("1", previous="2")


def versions(newest: int, *retired: int) -> list[ModelVersion]:
    """Return versions 1 to `newest`, the newest first."""
    tags = {number: {RETIRED: "2013-06-01 by ann"} if number in retired else {} for number in range(newest, 0, -1)}
    return [ModelVersion("tiny", str(number), f"run-{number}", of) for number, of in tags.items()]


@pytest.mark.parametrize(
    ("retired", "newest", "kept"),
    [
        ([], 1, "6 2 1"),
        ([6], 1, "6 5 2 1"),
        ([5], 1, "6 2 1"),
        ([6, 5], 2, "6 5 4 3 2 1"),
        ([4], 2, "6 5 2 1"),
        ([1, 2, 3, 4, 5, 6], 1, "6 5 4 3 2 1"),
    ],
)
def test_retired_versions_take_the_place_of_no_other(retired, newest, kept):
    old, there = select(versions(6, *retired), ROLES, newest)
    assert [version.version for version in there] == kept.split()
    assert [version.version for version in old] == [n for n in "123456" if n not in kept.split()]
