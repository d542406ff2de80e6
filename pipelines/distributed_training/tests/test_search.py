"""Searches on recorded learning curves: the papers' rules, and Ray Tune's own schedulers on the same reports."""

import random
from functools import partial

import pytest
from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler

from models.search import SEARCHES, rays
from models.search.asha import Asha, StoppingAsha
from models.search.hyperband import Hyperband, brackets
from models.search.population import PopulationBased, explored, extremes
from models.search.workers import run
from pipelines.distributed_training.studies.search import curves, network
from pipelines.distributed_training.studies.search import study as searching

KNOWN = curves.read()
PAPER = [  # Hyperband's table 1: how many trials, and for how many steps
    [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
    [(27, 3), (9, 9), (3, 27), (1, 81)],
    [(9, 9), (3, 27), (1, 81)],
    [(6, 27), (2, 81)],
    [(5, 81)],
]


def ended(search):
    """Return how far each trial came."""
    return {job.trial: job.end for job in search.jobs if job.number in search.losses}


@pytest.mark.parametrize(("most", "eta"), [(27, 3), (16, 2), (16, 4), (25, 5)])
def test_stopping_decides_as_rays_asha_does(most, eta):
    """Four workers that straggle bring reports in a mixed order; both get the same."""
    search, theirs, trials, early = StoppingAsha(KNOWN.draw, 300, most, eta), rays.asha(most, eta), {}, []
    hear = search.heard

    def both(job, loss):
        if job.trial not in trials:
            trials[job.trial] = Trial("network", trial_id=str(job.trial), stub=True)
            theirs.on_trial_add(None, trials[job.trial])
        for step in range(job.start + 1, job.end + 1):
            report = {"step": step, "loss": KNOWN.train(job.parameters, None, 0, step)[0]}
            action = theirs.on_trial_result(None, trials[job.trial], report)
            assert step == job.end or action == TrialScheduler.CONTINUE
        hear(job, loss)
        assert (action == TrialScheduler.CONTINUE) == (job in search.going)
        early.append(action == TrialScheduler.STOP and job.end < most)

    search.heard = both
    run(search, KNOWN.train, 4, partial(searching.length, 0))
    assert sum(early) > 20 and max(ended(search).values()) == most


def test_asha_promotes_the_best_third_and_begins_a_trial_only_where_nothing_can_be_promoted():
    search = Asha(KNOWN.draw, 300)
    promoted = {rung: set() for rung in search.rungs}
    while job := search.ask():
        rung = {end: [earlier for earlier in search.jobs[:-1] if earlier.end == end] for end in search.rungs}
        best = {
            end: {
                earlier.trial
                for earlier in sorted(jobs, key=lambda earlier: search.losses[earlier.number])[: len(jobs) // 3]
            }
            for end, jobs in rung.items()
        }
        if job.start:
            assert job.trial in best[job.start] - promoted[job.start]
            assert not any(best[end] - promoted[end] for end in search.rungs if job.start < end < 27)
            promoted[job.start].add(job.trial)
        else:
            assert not any(best[end] - promoted[end] for end in search.rungs if end < 27)
        search.tell(job, KNOWN.train(job.parameters, None, 0, job.end)[0])
    assert [len(promoted[end]) > 0 for end in search.rungs] == [True, True, True, False]


def test_hyperbands_brackets_are_those_of_the_paper():
    assert brackets(81, 3, whole=True) == PAPER
    # Algorithm 1 rounds up, and so has more trials in three of the brackets than its table.
    assert [bracket[0] for bracket in brackets(81, 3)] == [(81, 1), (34, 3), (15, 9), (8, 27), (5, 81)]


def test_hyperband_decides_as_rays_does_in_rays_brackets():
    plan = rays.hyperband_brackets(27, 3)
    trials = sum(bracket[0][0] for bracket in plan)
    theirs = rays.Controller(rays.hyperband(27, 3), KNOWN.draw, KNOWN.train, 27, 10_000, trials)
    theirs.run()
    far = {report.trial: report.step for report in theirs.reports}
    ours = Hyperband(KNOWN.draw, len(theirs.reports), plan)
    run(ours, KNOWN.train)
    assert trials == searching.BAND == len(far) and ended(ours) == far
    assert ours.losses[ours.best.number] == theirs.best((1, 3, 9, 27)).loss


def test_rays_hyperband_halves_at_other_places_than_the_paper():
    assert rays.hyperband_brackets(81, 3)[1] == [(8, 27), (3, 81)] and brackets(81)[3] == [(8, 27), (2, 81)]
    theirs = rays.hyperband(100, 3)
    assert [theirs._get_r0(s) for s in range(5)] == [100, 33, 11, 3, 1]
    bracket = theirs._create_bracket(4)  # it multiplies the rounded budget: no trial of this bracket gets the whole
    assert bracket._r * 3**4 == 81 and brackets(100)[0][-1] == (1, 100)


def test_rays_asha_hears_a_late_report_in_an_early_rung():
    """A trial that reports after steps 5 and 6 alone is compared after 6 steps with what others had after one."""
    theirs, early, late = rays.asha(27, 3), *(Trial("network", trial_id=name, stub=True) for name in "ab")
    for trial in (early, late):
        theirs.on_trial_add(None, trial)
    theirs.on_trial_result(None, early, {"step": 1, "loss": 1.0})
    assert theirs.on_trial_result(None, late, {"step": 5, "loss": 0.9}) == TrialScheduler.CONTINUE
    assert theirs.on_trial_result(None, late, {"step": 6, "loss": 1.1}) == TrialScheduler.STOP


def test_a_population_decides_as_rays_does_with_the_same_draws():
    """Live: which copies which, with which parameters, and what comes of it, to the last digit."""
    draw, budget = partial(network.draw, 0), 56
    random.seed(3)
    theirs = rays.Controller(rays.population(network.PRIOR, 1, 0.25, 0.25, random), draw, network.train, 12, budget, 8)
    theirs.run()
    ours = PopulationBased(draw, budget, network.PRIOR, size=8, most=12, interval=1, saved=True, seed=3)
    run(ours, network.train)
    copies = [job for job in ours.jobs if job.parent is not None and ours.jobs[job.parent].trial != job.trial]
    assert len(copies) > 3
    seen = [(report.trial, report.step, report.loss, report.parameters) for report in theirs.reports]
    decisions = [(job.trial, job.end, ours.losses[job.number], job.parameters) for job in ours.jobs]
    assert len(decisions) == budget and decisions == seen


def test_who_copies_and_what_is_changed():
    losses = {trial: KNOWN.losses[trial][-1] for trial in range(20)}
    worst, best = extremes(losses, 0.2)  # the paper's
    ranked = sorted(losses, key=losses.__getitem__)
    assert set(best) == set(ranked[:4]) and set(worst) == set(ranked[-4:])
    assert extremes({0: 1.0}, 0.2) == ([], []) and extremes({0: 1.0, 1: 2.0}, 0.5) == ([1], [0])
    generator, drawn = random.Random(0), 0
    for _ in range(1_000):
        parameters = explored(KNOWN.draw(0), network.PRIOR, 0.25, generator)
        for name, value in parameters.items():
            factor = value / KNOWN.draw(0)[name]
            low, high = network.RANGES[name]
            fresh = factor not in (pytest.approx(1.2), pytest.approx(0.8))
            assert not fresh or low <= value <= high
            drawn += fresh
    assert 0.22 < drawn / 3_000 < 0.28


@pytest.mark.parametrize("name", SEARCHES)
def test_no_search_takes_more_than_its_budget_or_begins_where_nothing_was(name):
    search = SEARCHES[name](KNOWN.draw, 100, network.PRIOR, 0)
    run(search, lambda parameters, state, start, end: (parameters["rate"] / end, None), workers=3)
    assert sum(job.steps for job in search.jobs) == search.spent <= 100
    for job in search.jobs:
        assert job.start == (0 if job.parent is None else search.jobs[job.parent].end)


def test_a_training_in_parts_is_the_whole_training():
    parameters = network.draw(0, 1) | {"friction": 0.1}
    whole, _ = network.train(parameters, None, 0, 6)
    _, half = network.train(parameters, None, 0, 3)
    assert network.train(parameters, half, 3, 6)[0] == network.train(parameters, half, 3, 6)[0] == whole


def test_a_network_that_diverges_loses():
    search = StoppingAsha(KNOWN.draw, 27)
    for loss in (float("nan"), float("inf"), 0.1, 0.2):
        search.tell(search.ask(), loss)
    assert search.best.trial == 0 and search.losses[0] > 1e300
