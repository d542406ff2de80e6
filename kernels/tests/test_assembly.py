"""The lines of assembly, which no interpreter of Triton runs: step by step, for every number that can be packed."""

import re

import numpy as np
import torch

from kernels.int4_matmul import PAIRS
from kernels.int8_matmul import BYTES


def halves(register):
    """Return the two bfloat16 numbers of each register, the lower one first, as float32."""
    return (np.stack([register << 16, register & 0xFFFF0000]).astype(np.uint32)).view(np.float32)


def packed(numbers):
    """Return registers of two bfloat16 numbers each, rounded."""
    low, high = torch.from_numpy(numbers).bfloat16().view(torch.int16).numpy().view(np.uint16).astype(np.uint32)
    return low | high << 16


def permuted(a, b, choice):
    """Return four of the eight bytes of two registers."""
    both = [a >> 8 * i & 255 for i in range(4)] + [b >> 8 * i & 255 for i in range(4)]
    return sum(both[choice >> 4 * i & 15] << 8 * i for i in range(4))


def run(lines, outputs, given):
    """Return what some lines of PTX leave in the registers $0 to $(outputs - 1), of a given one."""
    registers = {f"${outputs}": given}
    text = getattr(lines, "value", lines)  # of a constant of Triton
    for line in re.sub(r"\{ \.reg [^;]*;|\}", "", text).split(";"):
        name, _, rest = line.strip().partition(" ")
        if not name:
            continue
        target, *read = (operand.strip() for operand in rest.split(","))
        a = [registers[source] if source in registers else np.uint32(int(source, 0)) for source in read]
        if name == "mov.b32":
            registers[target] = a[0] + np.zeros_like(given)
        elif name == "shr.b32":
            registers[target] = a[0] >> a[1]
        elif name == "prmt.b32":
            registers[target] = permuted(a[0], a[1] + np.zeros_like(given), int(a[2]))
        elif name == "lop3.b32" and a[3] == 0xEA:  # the table of truth of (a & b) | c
            registers[target] = a[0] & a[1] | a[2]
        elif name == "fma.rn.bf16x2":
            registers[target] = packed(halves(a[0]) * halves(a[1]) + halves(a[2]))
        else:
            raise AssertionError(f"This test knows no {name}.")
    return [halves(registers[f"${i}"]) for i in range(outputs)]


def test_four_bits():
    words = np.arange(2**16, dtype=np.uint32)
    pairs = run(PAIRS, 4, words | words[::-1] << 16)
    for i, (low, high) in enumerate(pairs):
        assert np.array_equal(low, (words >> 4 * i & 15) - 8.0)
        assert np.array_equal(high, (words[::-1] >> 4 * i & 15) - 8.0)


def test_eight_bits():
    bytes_ = np.stack([np.roll(np.arange(256, dtype=np.uint32), i) for i in range(4)])
    values = run(BYTES, 2, bytes_[0] | bytes_[1] << 8 | bytes_[2] << 16 | bytes_[3] << 24)
    assert np.array_equal(np.concatenate(values), bytes_.astype(np.uint8).view(np.int8))
