"""Policies: who gets which mail, by each way to learn effects, and by a policy tree."""

from __future__ import annotations

from typing import Any

import numpy as np

from data_sets.hillstrom import MAILS, Experiment
from models.uplift.causal_forest import CausalForest
from models.uplift.policy_tree import PolicyTree
from models.uplift.s_learner import SLearner
from models.uplift.t_learner import TLearner
from models.uplift.transformed_outcome import TransformedOutcome
from models.uplift.two_models import TwoModels
from models.uplift.x_learner import XLearner
from pipelines.churn.studies.mails import value

LEARNERS: dict[str, Any] = {
    "two models, logistic": TwoModels,
    "S-learner": SLearner,
    "T-learner": TLearner,
    "X-learner": XLearner,
    "transformed outcome": TransformedOutcome,
    "causal forest": CausalForest,
}
TREE = "policy tree"
FOLDS = 2


def effects(past: Experiment, later: Experiment, seed: int) -> dict[str, dict[int, np.ndarray]]:
    """Return method -> mail -> what the mail adds to each later customer's probability of a visit, shape (n,)."""
    by_method: dict[str, dict[int, np.ndarray]] = {}
    for name, learner in LEARNERS.items():
        parts = {mail: past.of(mail) for mail in MAILS}
        by_method[name] = {
            mail: learner(seed).fit(part.x, part.arm, part.visit).effect(later.x) for mail, part in parts.items()
        }
    return by_method


def actions(
    past: Experiment, later: Experiment, by_learner: dict[str, dict[int, np.ndarray]], seed: int
) -> dict[str, np.ndarray]:
    """Return policy -> the action for each later customer, shape (n,). by_learner: of `effects`."""
    tree = PolicyTree().fit(past.x, value.doubly_robust(past, seed))
    return {name: value.best(each) for name, each in by_learner.items()} | {TREE: tree.action(later.x)}


def choose(past: Experiment, seed: int) -> dict[str, float]:
    """Return what each policy earns per customer on customers to learn from, by folds: the highest is chosen."""
    fold = np.random.default_rng(seed).permutation(len(past)) % FOLDS
    sums: dict[str, float] = {}
    for held in range(FOLDS):
        known, rest = past.part(fold != held), past.part(fold == held)
        worth = value.earned(rest)
        for name, action in actions(known, rest, effects(known, rest, seed), seed).items():
            sums[name] = sums.get(name, 0.0) + float(value.of(action, worth).sum())
    return {name: total / len(past) for name, total in sums.items()}
