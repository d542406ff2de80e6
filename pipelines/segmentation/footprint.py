"""`python -m pipelines.segmentation.footprint`: how long a run takes from the lines, and its largest process.

Nothing is cached, and the services are up before. With `--workbook LINES`, how long so many lines of UCI's workbook
take to become the parquet file, instead; writing that workbook needs openpyxl, of the extra `dev`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

CAPSTAN = [sys.executable, "-m", "cli"]


def peak(process: psutil.Process) -> int:
    """Return the most memory that a process has held at a time, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def run(environment: dict[str, str]) -> tuple[float, int, str]:
    """Run the pipeline. Return the seconds, the peak of the largest process in bytes, and what that process was."""
    began, largest = time.monotonic(), (0, "")
    with subprocess.Popen([*CAPSTAN, "run", "segmentation"], env=environment) as started:
        while started.poll() is None:
            for process in [psutil.Process(started.pid), *psutil.Process(started.pid).children(recursive=True)]:
                with suppress(psutil.Error, OSError, IndexError):
                    largest = max(largest, (peak(process), " ".join(process.cmdline()[:4])))
            time.sleep(0.05)
    if started.returncode:
        raise SystemExit(started.returncode)
    return time.monotonic() - began, *largest


def convert(lines: int) -> tuple[float, int]:
    """Return the seconds in which so many lines of a workbook become a parquet file, and the workbook's bytes."""
    import pandas as pd

    from capstan.settings import settings
    from data_sets import online_retail as invoices
    from data_sets import online_retail_workbook as workbook

    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / workbook.WORKBOOK
        pd.read_parquet(invoices.find(settings().data_dir)).head(lines).to_excel(book, index=False, engine="openpyxl")
        content, began = book.read_bytes(), time.monotonic()
        workbook.write(content, Path(folder) / invoices.FILE)
        return time.monotonic() - began, len(content)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workbook", type=int, metavar="LINES")
    given = parser.parse_args()
    if given.workbook:
        seconds, size = convert(given.workbook)
        print(f"{given.workbook:,} lines of a workbook, {size / 1e6:.0f} MB: {seconds:.1f} s")
        return
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"CAPSTAN_HOME": home}
        try:
            subprocess.run([*CAPSTAN, "up"], env=environment, check=True, stdout=subprocess.DEVNULL)
            seconds, size, what = run(environment)
        finally:
            subprocess.run([*CAPSTAN, "down"], env=environment, check=True, stdout=subprocess.DEVNULL)
    print(f"{seconds:.1f} s; the largest process held {size / 1e6:.0f} MB: {what}")


if __name__ == "__main__":
    main()
