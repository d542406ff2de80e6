"""How fast windows of tokens are read, and in how much memory: of all tokens at once, and of shards."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from models.corpus import shards


def elsewhere(how: str, folder: str, length: int) -> tuple[float, float]:
    """Return windows per second of processor time, and the most memory in MB, of a new process: see `read`."""
    code = f"from {__name__} import read; read({how!r}, {folder!r}, {length})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    windows, memory = map(float, done.stdout.split())
    return windows, memory


def read(how: str, folder: str, length: int) -> None:
    """Read all windows of shards in a shuffled order, and print how many per second, and the memory. Linux alone.

    how: "memory" for all tokens at once, "shards" for a window at a time, "nothing" for what Python itself needs.
    """
    start, count = time.process_time(), 0
    if how == "memory":
        with shards.Shards(Path(folder)) as opened:
            whole = np.empty(sum(opened.counts), opened.dtype)
            parts = np.split(whole, np.cumsum(opened.counts)[:-1])
        for number, part in enumerate(parts):
            part[:] = np.load(Path(folder) / shards.name(number))
        windows = len(whole) // length
        for place in np.random.default_rng(0).permutation(windows).tolist():
            count += len(whole[place * length : (place + 1) * length].copy()) // length
    elif how == "shards":
        with shards.Shards(Path(folder)) as opened:
            for window in opened.windows(length, seed=0):
                count += len(window) // length
    seconds = time.process_time() - start
    # Not `getrusage`, whose maximum begins with that of the process that has started this one.
    [memory] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(count / seconds, int(memory) / 1024)
