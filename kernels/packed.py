"""What products with packed weights share. For a few rows the weight is read once, by programs that split its inputs.

For many rows the time goes into products, so the weight is unpacked first and the device's own product does the rest.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from kernels import splitting, tuning
from kernels.language import INTERPRETED, triton

FEW = 64  # rows, up to which reading the weight takes longer than the products


def multiplied(
    name: str,
    settings: Sequence[tuning.Setting],
    x: torch.Tensor,
    outputs: int,
    steps: int,
    launch: Callable[..., Any],
) -> torch.Tensor:
    """Return x, (rows, inputs), times a weight, (rows, outputs), in the fastest setting.

    steps: in which a program that takes all inputs would read them. launch: takes the grid, the result, the sums of the
    parts and their counters, the steps of a part, the precision of products, the rows that a product has, and the rest
    of the setting.
    """
    rows = len(x)
    output = x.new_empty((rows, outputs))
    precision, m = "ieee" if x.dtype == torch.float32 else "tf32", max(8, triton.next_power_of_2(rows))

    def run(setting: tuning.Setting) -> None:
        rest = dict(setting)
        programs = triton.cdiv(outputs, rest["n"])
        parts = splitting.parts(x.device, programs, steps, rest.pop("waves"))
        sums = x.new_empty((parts, rows, outputs), dtype=torch.float32)
        counters = splitting.arrivals(x.device, programs)
        launch((programs, parts), output, sums, counters, triton.cdiv(steps, parts), precision, m, rest)

    run(tuning.fastest(name, settings, (rows, outputs, steps, x.shape[1], x.dtype), run))
    return output


def has_assembly(x: torch.Tensor) -> bool:
    """Return whether weights become bfloat16 by lines of PTX, which are for such inputs on NVIDIA's devices."""
    return x.dtype == torch.bfloat16 and not INTERPRETED and torch.version.hip is None
