"""One worker's way through a training: rounds of steps, a state after each, and the weights that prove the sharing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch

from models.parallel.plans import Plan
from models.parallel.schemes.base import Scheme, Weights
from models.parallel.workers import Workers

ROUND = 100  # steps between two checkpoints
State = dict[str, Any]


@dataclass
class Trained:
    """What came of a training. proof: the weights after the first steps, or none. history: a line for each round."""

    weights: Weights
    proof: Weights = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)


def learn(
    scheme_of: Callable[[Plan, Workers], Scheme],
    plan: Plan,
    data: torch.Tensor,
    workers: Workers,
    *,
    proof: int = 0,
    until: int | None = None,
    state: State | None = None,
    after_round: Callable[[State], None] = lambda state: None,
) -> Trained:
    """Train to the last step of the plan, or to the step `until`, and return the whole weights.

    proof: after so many steps the weights are kept. state: of this worker, to go on from.
    """
    scheme = scheme_of(plan, workers)
    step, kept, history = 0, Weights(), list[dict[str, float]]()
    if state:
        step, kept, history = state["step"], state["proof"], state["history"]
        scheme.load(state["scheme"])
    losses: list[torch.Tensor] = []
    while step < (plan.steps if until is None else until):
        with precision(data.device.type):
            losses.append(scheme.step(plan.rows(data, step)))
        step += 1
        if step == proof:
            kept = scheme.weights()
        if step % ROUND == 0:
            mean = workers.mean(torch.stack(losses).mean())
            losses.clear()
            history.append({"loss": float(mean)})
            after_round({"step": step, "proof": kept, "history": history, "scheme": scheme.state()})
    return Trained(scheme.weights(), kept, history)


def precision(kind: str) -> AbstractContextManager[Any]:
    """Return what computes in bfloat16 on a GPU, and as it is elsewhere."""
    return torch.autocast(kind, torch.bfloat16) if kind == "cuda" else nullcontext()
