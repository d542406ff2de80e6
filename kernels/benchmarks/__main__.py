"""Measure the kernels on this machine.

    python -m kernels.benchmarks [KERNEL ...] [--json FILE] [--runs N]

All but `histograms` need a GPU. `--runs 1` compiles them, and measures nothing.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import traceback
from pathlib import Path
from typing import Any

import torch

from kernels.benchmarks import CPU, KERNELS
from kernels.benchmarks.measure import DEVICE, RUNS, device, rows
from kernels.language import INTERPRETED


def main() -> None:
    """Measure the kernels that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernels", nargs="*", choices=[[], *KERNELS, *CPU], metavar="KERNEL")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows here")
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help="of which the median is taken")
    options = parser.parse_args()
    names = options.kernels or [*KERNELS, *CPU]
    if DEVICE == "cpu" and not INTERPRETED and set(names) - set(CPU):
        sys.exit(f"There is no GPU here. Measured without one: {', '.join(CPU)}.")
    what, failed = measured(names, options.runs)
    if options.json:
        options.json.write_text(json.dumps(what, indent=1) + "\n")
    if failed:
        sys.exit(f"Not measured to the end: {', '.join(failed)}.")


def measured(names: list[str], runs: int = RUNS) -> tuple[dict[str, Any], list[str]]:
    """Return what was measured of some kernels, and the names of those that failed."""
    torch.manual_seed(0)
    table: list[dict[str, Any]] = []
    failed, what, on = [], {}, None
    for name in names:
        module = importlib.import_module(f"kernels.benchmarks.{name}")
        try:
            if name in CPU:
                table += module.rows(runs)
                continue
            if on is None:
                on = device(8192 if DEVICE == "cuda" else 64)
                what = {"device": on.name, "bandwidth": on.bandwidth, "arithmetic": on.arithmetic}
                print(
                    f"{on.name}: {on.bandwidth / 1e12:.2f} TB/s copied, {on.arithmetic / 1e12:.0f} TFLOP/s", flush=True
                )
            for cases in module.measured():
                table += rows(cases, on, runs)
                if DEVICE == "cuda":
                    torch.cuda.empty_cache()
        except Exception:  # the others are measured all the same
            traceback.print_exc()
            failed.append(name)
    return what | {"rows": table}, failed


if __name__ == "__main__":
    main()
