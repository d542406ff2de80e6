"""When to service which engine of a fleet: an integer program over the next slots of a hangar, solved by HiGHS.

The cost of a service at some cycle is the age replacement's: Barlow and Hunter, "Optimum preventive maintenance
policies" (1960), with the probability of failing as it is predicted for the engine.
"""

from __future__ import annotations

import numpy as np

SLOT = 10  # cycles: the fleet is planned again as often
SLOTS = 12  # that are planned ahead
STARTS = np.arange(SLOTS + 1) * SLOT  # of each slot, in cycles from now; the last is the end of the plan
SERVICE = 1.0  # what a service costs: the unit of all costs
FAILURE = 10.0  # what a failure costs, an assumption
SURPRISE = 0.3  # share of the failures after the first slot that later plans do not see coming: study `schedule`
LIFE = 200.0  # cycles that a service buys: a cycle flown is worth a service by so many


def costs(failing: np.ndarray, failure: float = FAILURE, life: float = LIFE, surprise: float = SURPRISE) -> np.ndarray:
    """Return the expected cost of a service at each of STARTS, less what the cycles until then are worth, (n, SLOTS+1).

    failing: the probability of failing before each of STARTS, same shape. The fleet is planned again in each slot, with
    newer cycles: of the failures after the first slot, the share `surprise` counts.
    """
    failing = np.minimum(failing, failing[:, 1:2] + surprise * (failing - failing[:, 1:2]))
    alive = 1 - failing
    flown = np.concatenate(
        [np.zeros((len(failing), 1)), np.cumsum((alive[:, 1:] + alive[:, :-1]) / 2, axis=1) * SLOT], axis=1
    )
    return np.asarray(failing * failure + alive * SERVICE - flown * SERVICE / life)


def plan(cost: np.ndarray, hangar: int) -> np.ndarray:
    """Return the slot in which each engine is serviced, or SLOTS for none of them, shape (n,): the cheapest in sum.

    cost: shape (n, SLOTS + 1). hangar: engines that a slot has room for.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    alone = cost.argmin(axis=1)
    if np.bincount(alone, minlength=SLOTS + 1)[:SLOTS].max() <= hangar:
        return np.asarray(alone)  # nobody is in another one's way
    engines, options = cost.shape
    place = np.arange(engines * options)
    engine, slot = np.divmod(place, options)
    ones = np.ones(len(place))
    each = coo_array((ones, (engine, place)), shape=(engines, len(place)))
    inside = slot < SLOTS
    room = coo_array((ones[inside], (slot[inside], place[inside])), shape=(SLOTS, len(place)))
    solved = milp(
        cost.ravel(),
        integrality=ones,
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(each.tocsr(), 1, 1), LinearConstraint(room.tocsr(), 0, hangar)],
    )
    return np.asarray(solved.x.reshape(cost.shape).argmax(axis=1))


def assigned(cost: np.ndarray, hangar: int) -> np.ndarray:
    """Return a plan of the same cost as that of `plan`, in a hundredth of the time: for simulations.

    A slot with room for two is two jobs: without further rules, the program is an assignment. Kuhn, "The Hungarian
    method for the assignment problem" (1955).
    """
    from scipy.optimize import linear_sum_assignment

    engines = len(cost)
    jobs = np.concatenate([np.repeat(np.arange(SLOTS), hangar), np.full(engines, SLOTS)])
    return np.asarray(jobs[linear_sum_assignment(cost[:, jobs])[1]])
