"""Work on one result that several programs share: each leaves its part in memory, and the last one adds them up."""

from __future__ import annotations

import functools
import math

import torch

from kernels.language import tl, triton

COUNTERS = 2**16


def arrivals(device: torch.device, count: int) -> torch.Tensor:
    """Return a counter of 0 for each of `count` results. Who comes last sets it to 0 again.

    Launches of one stream run one after the other, and share them.
    """
    stream = torch.cuda.current_stream(device).cuda_stream if device.type == "cuda" else 0
    if count > COUNTERS:
        return torch.zeros(count, dtype=torch.int32, device=device)
    return _counters(device, stream)


def parts(device: torch.device, programs: int, longest: int, waves: int = 4) -> int:
    """Return into how many parts to split each result, so that `waves` times the multiprocessors have work."""
    if device.type != "cuda":
        return min(2, longest)
    wanted = waves * torch.cuda.get_device_properties(device).multi_processor_count / programs
    return int(max(1, min(longest, 2 ** round(math.log2(max(1.0, wanted))))))


@functools.cache
def _counters(device: torch.device, stream: int) -> torch.Tensor:
    return torch.zeros(COUNTERS, dtype=torch.int32, device=device)


@triton.jit
def arrive(counter, parts):
    """Return whether this program is the last of `parts`; what the others stored before is then there to be read."""
    tl.debug_barrier()
    last = tl.atomic_add(counter, 1, sem="acq_rel") == parts - 1
    if last:
        tl.store(counter, 0)
    return last


@triton.jit
def summed(total, sums, counter, size, place, inside):
    """Return the sum of the totals of all parts, the programs of axis 1, and whether this program has it, the last one.

    sums: (parts, size), where each part leaves its total at `place`.
    """
    last = tl.num_programs(1) == 1
    if tl.num_programs(1) > 1:
        tl.store(sums + tl.program_id(1) * size + place, total, inside)
        last = arrive(counter, tl.num_programs(1))
        if last:
            total = tl.zeros_like(total)
            for part in tl.range(0, tl.num_programs(1)):
                total += tl.load(sums + part * size + place, inside, 0, cache_modifier=".cg")
    return total, last
