import pytest

from . import harness


@pytest.fixture
def store(tmp_path):
    """A store with our offline store and an empty registry."""
    return harness.feature_store(tmp_path / "repo")
