"""A product with a weight of 4 bits."""

from __future__ import annotations

from collections.abc import Iterator

from kernels.benchmarks import packed
from kernels.benchmarks.measure import Case
from kernels.int4_matmul import int4_matmul, quantized
from kernels.reference.int4_matmul import int4_matmul as reference


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape."""
    return packed.measured("int4_matmul", int4_matmul, reference, quantized)
