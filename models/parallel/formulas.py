"""What theory says of each scheme: bytes of weights, gradients and moments per worker, and bytes sent per step.

n weights of b bytes, p workers. AdamW has two moments, so one worker holds 4 n b. A sum by a ring sends
2 (p - 1) / p of the bytes that are summed; a gather or a scatter half of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.parallel.decoder_plan import DecoderPlan
from models.parallel.plans import Plan


@dataclass(frozen=True)
class Facts:
    """Bytes of all weights, and of a decoder: of those that tensor parallel divides, and of a layer's activations."""

    workers: int
    whole: float
    divided: float = 0
    activations: float = 0
    layers: int = 0

    @property
    def others(self) -> float:
        """Return (p - 1) / p."""
        return (self.workers - 1) / self.workers


def of(plan: Plan, workers: int) -> Facts:
    """Return the facts of a plan."""
    named = dict(plan.network().named_parameters())
    whole = sum(weight.nbytes for weight in named.values())
    if not isinstance(plan, DecoderPlan):
        return Facts(workers, whole)
    cut = ("qkv.weight", "out.weight", "gate_up.weight", "down.weight")
    divided = sum(weight.nbytes for name, weight in named.items() if name.endswith(cut))
    activations = plan.batch * plan.shape.context * plan.shape.width * plan.dtype.itemsize
    return Facts(workers, whole, divided, activations, plan.shape.layers)


Formula = Callable[[Facts], float]
# Bytes that a worker sends in a step, the mean over the workers.
SENT: dict[str, Formula] = {
    "single": lambda facts: 0,
    "data parallel": lambda facts: 2 * facts.others * facts.whole,
    "ZeRO 1": lambda facts: 3 * facts.others * facts.whole,  # all gradients to all, then the weights
    "ZeRO 2": lambda facts: 2 * facts.others * facts.whole,
    "ZeRO 2, offloaded": lambda facts: 2 * facts.others * facts.whole,
    "ZeRO 3": lambda facts: 3 * facts.others * facts.whole,
    "recomputed": lambda facts: 2 * facts.others * facts.whole,
    "tensor parallel": lambda facts: 4 * facts.layers * 2 * facts.others * facts.activations,
    "GPipe": lambda facts: 2 * facts.others * facts.activations,  # p - 1 borders, both ways, over p workers
    "1F1B": lambda facts: 2 * facts.others * facts.activations,
    # keys and values p - 1 times, then with their gradients p times; then the gradients of all weights
    "ring attention": lambda facts: (
        (
            facts.layers * (2 * (facts.workers - 1) + 4 * facts.workers) * facts.activations / facts.workers
            + 2 * facts.others * facts.whole
        )
        if facts.workers > 1
        else 0
    ),
    "parameter server": lambda facts: 2 * facts.whole,  # gradients to the server, and weights from it
}
SENT |= {
    "torch DDP": SENT["data parallel"],
    "torch FSDP2": SENT["ZeRO 3"],
    "torch checkpoint": SENT["data parallel"],
    "asynchronous server": SENT["parameter server"],
}
# Bytes of weights, gradients and moments of a worker.
HELD: dict[str, Formula] = {
    "single": lambda facts: 4 * facts.whole,
    "ZeRO 1": lambda facts: (2 + 2 / facts.workers) * facts.whole,
    "ZeRO 2": lambda facts: (1 + 3 / facts.workers) * facts.whole,
    "ZeRO 2, offloaded": lambda facts: (1 + 1 / facts.workers) * facts.whole,  # moments are on disk
    "ZeRO 3": lambda facts: 4 / facts.workers * facts.whole,
    "tensor parallel": lambda facts: 4 * (facts.whole - facts.divided * facts.others),
    "top-k": lambda facts: 5 * facts.whole,  # and the errors
}
HELD |= dict.fromkeys(
    ("data parallel", "torch DDP", "recomputed", "torch checkpoint", "ring attention"), HELD["single"]
)
HELD |= dict.fromkeys(("parameter server", "asynchronous server"), HELD["single"])  # the server; a worker half of it
HELD |= {"torch FSDP2": HELD["ZeRO 3"], "1 bit": HELD["top-k"], "PowerSGD": HELD["top-k"]}


def bubble(workers: int, parts: int) -> float:
    """Return the share of a step in which a stage of a pipeline waits."""
    return (workers - 1) / (parts + workers - 1)
