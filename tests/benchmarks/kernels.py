"""The kernels compared with torch, compiled torch and liger-kernel on a GPU; histograms, on a CPU."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from kernels.benchmarks import CPU, KERNELS
from kernels.benchmarks.__main__ import measured as measure
from kernels.benchmarks.measure import RUNS

Measured = dict[str, Any]
PEERS = ("torch", "compiled", "liger")


def rows(measured: Path | None = None, before: Measured | None = None, size: float = 1.0) -> Measured:
    """Return what a GPU measured, here or by `measured`, else what is known from `before`; and the CPU's part."""
    gpu = before["gpu"] if before else None
    if measured:
        gpu = json.loads(measured.read_text())
    elif torch.cuda.is_available() and size == 1:
        gpu, failed = measure(list(KERNELS))
        if failed:
            raise SystemExit(f"Not measured to the end: {', '.join(failed)}.")
    return {"gpu": gpu, "cpu": measure(list(CPU), max(1, round(size * RUNS)))[0]["rows"]}


def table(rows: Measured) -> str:
    """Return both tables as Markdown."""
    return "\n".join([*_gpu(rows["gpu"]), "", *_cpu(rows["cpu"])])


def _gpu(what: Measured | None) -> list[str]:
    if what is None:
        return ["On a GPU: not measured."]
    lines = [
        f"On one {what['device']}, bfloat16: {what['bandwidth'] / 1e12:.2f} TB/s copied, read and written, and "
        f"{what['arithmetic'] / 1e12:.0f} TFLOP/s multiplied, which are the limits. {what.get('note', '')}".rstrip(),
        "",
        f"| kernel | part | shape | kernel, us | limit | {' | '.join(PEERS)} | other | MB | {' | '.join(PEERS)} |",
        f"| --- | --- | --- |{' ---: |' * 10}",
    ]
    for row in what["rows"]:
        ours = row["capstan"]["time"]
        others = [name for name, way in row.items() if isinstance(way, dict) and name not in ("capstan", *PEERS)]
        ratios = ", ".join(f"{name} {row[name]['time'] / ours:.2f}" for name in others)
        times = [f"{row[name]['time'] / ours:.2f}" if name in row else "" for name in PEERS]
        memory = [f"{row[name]['memory']:,.0f}" if name in row else "" for name in ("capstan", *PEERS)]
        share = f"{row['limit'] / ours:.0%} of {row['by']}"
        cells = [row["kernel"], row["part"], row["shape"], f"{ours:,.1f}", share, *times, ratios, *memory]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _cpu(made: list[Measured]) -> list[str]:
    lines = [
        "On one core of a CPU:",
        "",
        "| kernel | shape | kernel, ms | numpy | torch |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for row in made:
        ours = row["capstan"]["time"]
        times = [f"{row[name]['time'] / ours:.1f}" for name in ("numpy", "torch")]
        lines.append(f"| {row['kernel']} | {row['shape']} | {ours / 1e3:.2f} | {' | '.join(times)} |")
    return lines
