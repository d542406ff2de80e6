"""Which block sizes are fastest, found once per device and shape, and kept next to Triton's compiled kernels."""

from __future__ import annotations

import functools
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from kernels.language import INTERPRETED, triton

LIMIT = 60.0  # seconds of trying
RUNS = 5
Setting = dict[str, Any]


def settings(names: str, *rows: tuple[Any, ...]) -> list[Setting]:
    """Return a setting for each row of values. names: of the values, with blanks between them."""
    return [dict(zip(names.split(), row, strict=True)) for row in rows]


def fastest(kernel: str, settings: Sequence[Setting], shape: tuple[Any, ...], run: Callable[[Setting], Any]) -> Setting:
    """Return the setting in which `run` takes least time; the first one where there is no GPU to measure.

    shape: all that the choice depends on next to the device. A setting that the device has no room for is passed over.
    What was found is kept in `file()`.
    """
    if INTERPRETED or not torch.cuda.is_available() or torch.cuda.is_current_stream_capturing():
        return settings[0]
    key = json.dumps([kernel, triton.__version__, *map(str, shape)])
    kept = _kept(_device()).get(key)
    if kept is None or kept not in settings:  # or a setting of an earlier version of the kernel
        kept = settings[_tried(settings, run)]
        _keep(key, kept)
    return kept


def file(device: str) -> Path:
    """Return where the choices for a device are kept: in the folder of Triton's cache."""
    return Path(triton.knobs.cache.dir) / "capstan" / f"{device.replace(' ', '-')}.json"


def _tried(settings: Sequence[Setting], run: Callable[[Setting], Any]) -> int:
    began = time.monotonic()
    times: dict[int, float] = {}
    for number, setting in enumerate(settings):
        if times and time.monotonic() - began > LIMIT:
            break
        try:
            times[number] = _time(functools.partial(run, setting))
        except (triton.runtime.errors.OutOfResources, triton.CompilationError):
            continue
    if not times:
        raise RuntimeError(f"None of the {len(settings)} settings of a kernel runs on {_device()}.")
    return min(times, key=times.__getitem__)


def _time(run: Callable[[], Any]) -> float:
    """Return the median time of a few runs, in milliseconds, each with an empty cache, and launched as one graph."""
    flush = torch.empty(2**28, dtype=torch.int8, device="cuda")
    run()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(RUNS):
            flush.zero_()
            run()
    times: list[float] = []
    for _ in range(RUNS):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        graph.replay()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times)


@functools.cache
def _device() -> str:
    return torch.cuda.get_device_name()


@functools.cache
def _kept(device: str) -> dict[str, Setting]:
    try:
        return dict(json.loads(file(device).read_text()))
    except (FileNotFoundError, ValueError):  # a file that is damaged is written again
        return {}


def _keep(key: str, setting: Setting) -> None:
    path = file(_device())
    _kept(_device())[key] = setting
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(_kept(_device()), indent=1))
    temporary.replace(path)
