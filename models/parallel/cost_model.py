"""What a step would take: on this machine, from the work of one and of two workers; on GPUs, from public constants.

Work is processor time, of all workers together. Each further worker adds as much as the second: what it sends, and what
it computes as all others do. On this machine workers share some cores, so a step takes the work divided by the cores
that are busy. A stage of a pipeline that waits leaves its core to another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from models.parallel.formulas import SENT, Facts


def predicted(one: float, two: float, workers: int, cores: int) -> float:
    """Return the seconds of a step. one, two: the processor seconds of a step of one worker, and of two together."""
    return (one + (two - one) * (workers - 1)) / min(workers, cores)


@dataclass(frozen=True)
class Machine:
    """A GPU and its links: operations and bytes per second, memory in bytes.

    NVIDIA H100 SXM: data sheet, dense bfloat16, 80 GB, NVLink of 900 GB/s in both directions together; between nodes of
    eight one InfiniBand NDR link of 400 Gb/s for each GPU. used: the share of the operations that a training reaches,
    an assumption; published trainings report 0.3 to 0.5.
    """

    operations: float = 989e12
    used: float = 0.4
    memory: float = 80e9
    inside: float = 450e9
    between: float = 50e9
    node: int = 8


# The decoder of Touvron et al., "Llama 2" (2023), 7B, and its batch of 4 million tokens.
WEIGHTS, LAYERS, WIDTH, TOKENS = 6.74e9, 32, 4096, 4e6
# Bytes per weight of weights and gradients in 16 bits, and of AdamW's weights and moments in 32: ZeRO's section 3.1.
HALF, STATES = 2, 12
SHARED: dict[str, Callable[[int], float]] = {  # scheme -> bytes per weight that a worker holds
    "data parallel": lambda p: 2 * HALF + STATES,
    "ZeRO 1": lambda p: 2 * HALF + STATES / p,
    "ZeRO 2": lambda p: HALF + (HALF + STATES) / p,
    "ZeRO 3": lambda p: (2 * HALF + STATES) / p,
    "tensor parallel": lambda p: (2 * HALF + STATES) / p,
}


def on_gpus(workers: int, machine: Machine | None = None) -> Iterator[dict[str, Any]]:
    """Yield for each scheme what a GPU holds without activations, and the seconds of a step: computing, and sending.

    A step takes at least the longer of the two, where all sending is hidden, and at most their sum.
    """
    machine = machine or Machine()
    link = machine.inside if workers <= machine.node else machine.between
    computing = 6 * WEIGHTS * TOKENS / workers / (machine.operations * machine.used)
    facts = Facts(workers, HALF * WEIGHTS, HALF * WEIGHTS, HALF * TOKENS * WIDTH, LAYERS)
    for scheme, held in SHARED.items():
        bytes_held = held(workers) * WEIGHTS
        yield {
            "scheme": scheme,
            "workers": workers,
            "held": bytes_held,
            "fits": bytes_held < machine.memory,
            "computing": computing,
            "sending": SENT[scheme](facts) / link,
        }
