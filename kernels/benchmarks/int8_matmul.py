"""A product with a weight of 8 bits."""

from __future__ import annotations

from collections.abc import Iterator

from kernels.benchmarks import packed
from kernels.benchmarks.measure import Case
from kernels.int8_matmul import int8_matmul, quantized
from kernels.reference.int8_matmul import int8_matmul as reference


def measured() -> Iterator[list[Case]]:
    """Yield the cases of each shape."""
    return packed.measured("int8_matmul", int8_matmul, reference, quantized)
