"""Measure ways to compute the same: the median time of 100 runs, and the memory at the peak."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch

RUNS, WARM = 100, 10
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"  # on a CPU the commands can be tried, by Triton's interpreter
Way = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """What is measured: ways to compute the same, by name, the first one ours.

    moved: the bytes that each way must at least read and write. products: the floating-point operations of its matrix
    products. The larger share of what the device can do is the limit. The launches are recorded once in a
    CUDA graph, and replayed, so that the time is the device's alone, but those of the ways in `waits`, which need the
    processor in between.
    """

    kernel: str
    part: str
    shape: str
    ways: dict[str, Way]
    moved: int = 0
    products: int = 0
    waits: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Device:
    """What a device can do, measured: bytes and floating-point operations per second."""

    name: str
    bandwidth: float
    arithmetic: float
    flush: torch.Tensor = field(repr=False)


def device(size: int = 8192) -> Device:
    """Measure a copy of 2 GB, read and written, and a product of bfloat16 matrices of 8,192 by 8,192.

    size: 8,192, or less for a trial.
    """
    count = 8 * size**2
    flush = torch.empty(2**28 if DEVICE == "cuda" else 0, dtype=torch.int8, device=DEVICE)
    source, target = torch.randn(2, count, device=DEVICE)
    copy = timed(functools.partial(target.copy_, source), flush)
    del source, target
    a, b = torch.randn(2, size, size, dtype=torch.bfloat16, device=DEVICE)
    product = timed(lambda: a @ b, flush)
    name = torch.cuda.get_device_name() if DEVICE == "cuda" else "a CPU"
    return Device(name, 2 * 4 * count / copy, 2 * size**3 / product, flush)


def _seconds(way: Way) -> float:
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


def replayed(way: Way) -> Way:
    """Return a way as a graph of its launches."""
    if DEVICE == "cpu":
        return way
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            way()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        way()
    return graph.replay


def timed(way: Way, flush: torch.Tensor, runs: int = RUNS) -> float:
    """Return the median seconds of some runs, each with an empty cache."""
    if DEVICE == "cpu":
        return statistics.median(_seconds(way) for _ in range(runs))
    for _ in range(min(runs, WARM)):
        way()
    events = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(runs)]
    for begin, end in events:
        flush.zero_()
        begin.record()
        way()
        end.record()
    torch.cuda.synchronize()
    return float(statistics.median(begin.elapsed_time(end) for begin, end in events)) / 1000


def peak(way: Way) -> int:
    """Return the bytes that a run needs beyond what was there before. The first run, which compiles, does not count."""
    if DEVICE == "cpu":
        return 0
    way()
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    way()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def rows(cases: Iterable[Case], on: Device, runs: int = RUNS) -> list[dict[str, Any]]:
    """Return a row for each case: microseconds and megabytes of each way, and the limit that ours is compared with."""
    table = []
    for case in cases:
        limit = max(case.moved / on.bandwidth, case.products / on.arithmetic)
        row: dict[str, Any] = {"kernel": case.kernel, "part": case.part, "shape": case.shape, "limit": limit * 1e6}
        row["by"] = "memory" if case.moved / on.bandwidth >= case.products / on.arithmetic else "arithmetic"
        for name, way in case.ways.items():
            memory = peak(way)
            run = replayed(way) if name not in case.waits and runs > 1 else way
            row[name] = {"time": timed(run, on.flush, runs) * 1e6, "memory": memory / 1e6, "captured": run is not way}
            del run
            if DEVICE == "cuda":
                torch.cuda.empty_cache()
        table.append(row)
        print(line(row), flush=True)
    return table


def line(row: dict[str, Any]) -> str:
    """Return a row as text."""
    ways = [
        f"{name} {way['time']:.1f} us {way['memory']:.0f} MB{'' if way['captured'] else ' *'}"
        for name, way in row.items()
        if isinstance(way, dict)
    ]
    own = next(row[name]["time"] for name in row if isinstance(row[name], dict))
    return f"{row['kernel']}, {row['part']}, {row['shape']}: {', '.join(ways)}; {row['limit'] / own:.0%} of {row['by']}"


def both(way: Callable[..., Any], inputs: list[torch.Tensor], fixed: tuple[Any, ...] = ()) -> dict[str, Way]:
    """Return the forward pass of a way, and the forward and backward pass."""
    slopes: list[torch.Tensor] = []

    def forward() -> Any:
        with torch.no_grad():
            return way(*inputs, *fixed)

    def all_of_it() -> Any:
        outputs = way(*inputs, *fixed)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        if not slopes:
            slopes.extend(torch.randn_like(output) for output in outputs)
        return torch.autograd.grad(outputs, [x for x in inputs if x.requires_grad], slopes)

    return {"forward": forward, "both": all_of_it}


def cases(
    kernel: str,
    shape: str,
    ways: dict[str, Callable[..., Any]],
    inputs: Callable[[], list[torch.Tensor]] | list[tuple[int, ...]],
    moved: tuple[int, int],
    products: tuple[int, int] = (0, 0),
    fixed: tuple[Any, ...] = (),
    waits: tuple[str, ...] = (),
) -> list[Case]:
    """Return the cases of the forward pass and of both passes.

    inputs: what makes them, for each way again, or their shapes. moved, products: of each of the two parts.
    """

    def tensors() -> list[torch.Tensor]:
        return [randn(*sizes) for sizes in inputs] if isinstance(inputs, list) else inputs()

    runs = {name: both(way, tensors(), fixed) for name, way in ways.items()}
    return [
        Case(
            kernel,
            part,
            shape,
            {name: run[part] for name, run in runs.items()},
            moved[i],
            products[i],
            frozenset(waits),
        )
        for i, part in enumerate(("forward", "both"))
    ]


def randn(*shape: int, scale: float = 1.0, slope: bool = True) -> torch.Tensor:
    """Return bfloat16 numbers of a normal distribution."""
    return (torch.randn(*shape, device=DEVICE) * scale).bfloat16().requires_grad_(slope)
