"""The simulated fleet, where everything is known: what each policy costs by hand."""

import numpy as np
import pytest

from pipelines.maintenance import plan
from pipelines.maintenance.columns import CAP
from pipelines.maintenance.studies.schedule import fleet

FLEET, SLOTS = 8, 300


@pytest.fixture(scope="module")
def known() -> fleet.Lives:
    """Engines whose prediction is the truth."""
    life = np.random.default_rng(0).integers(128, 360, 80)
    left = life[:, None] - np.arange(fleet.LONGEST) * plan.SLOT
    failing = (left[:, :, None] <= plan.STARTS[None, None]).astype(float)
    return fleet.Lives(life, np.clip(left, 0, CAP).astype(float), failing)


def run(lives: fleet.Lives, policy: fleet.Policy, hangar: int = FLEET) -> fleet.Outcome:
    return fleet.simulate(lives, policy, FLEET, hangar, SLOTS, seed=1)


def test_who_services_nobody_pays_a_failure_per_life(known):
    outcome = run(known, fleet.run_to_failure)
    assert outcome.services == 0 and outcome.cycles / outcome.failures == pytest.approx(known.life.mean(), rel=0.1)
    assert outcome.cost() == pytest.approx(1_000 * plan.FAILURE * outcome.failures / outcome.cycles)


def test_who_knows_has_no_failure_and_hardly_more_services_than_lives(known):
    outcome = run(known, fleet.oracle())
    assert outcome.failures == 0 and outcome.cycles / outcome.services == pytest.approx(known.life.mean() - 5, rel=0.1)


def test_plan_of_who_knows_is_as_good_where_there_is_room(known):
    outcome, best = run(known, fleet.planned()), run(known, fleet.oracle())
    assert outcome.failures == 0 and outcome.cost() <= 1.08 * best.cost()


def test_interval_services_at_that_age_where_there_is_room(known):
    outcome = run(known, fleet.interval(120))
    assert outcome.failures <= FLEET and outcome.cycles / outcome.services == pytest.approx(120, rel=0.05)


def test_hangar_has_no_more_room_than_it_has(known):
    seen = fleet.Seen(
        np.arange(6) * 10, np.arange(6.0), np.repeat([[0.0] + [1.0] * plan.SLOTS], 6, axis=0), np.full(6, 60)
    )
    for policy in (fleet.interval(0), fleet.threshold(9), fleet.planned(), fleet.oracle()):
        assert len(policy(seen, 2)) <= 2
    assert fleet.interval(0)(seen, 2).tolist() == [5, 4] and fleet.threshold(9)(seen, 2).tolist() == [0, 1]
    assert len(fleet.planned()(seen, 2)) == 2
