"""The cluster and a laptop give the same."""

import pytest

pytestmark = pytest.mark.rotating  # the run here takes both cores for a minute


def test_scores_are_those_of_a_run_on_this_machine_to_the_last_digit(ran, local_run, services):
    """What it prints, and what it registered."""
    local = local_run.summary()
    for name in ("flights", "rows", "verdict"):
        assert ran[name] == local[name], name
    assert ran["flights"]["flights_rows"] == 336_776
    assert services.registered_scores(ran["version"]) == local["scores"]
    assert ran["scores"] == local["scores"]
