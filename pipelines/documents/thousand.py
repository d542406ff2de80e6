"""`python -m pipelines.documents.thousand`: the batch on 1,000 documents of many kinds, its time and its memory.

The documents are abstracts of SciTLDR, written as text, HTML, DOCX, PDF and scans, and bad files. It writes
`thousand.json` into the folder that it is given, and prints the table. The newest accepted model reads them.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pandas as pd
import psutil

from capstan.settings import settings
from models.study import Study, markdown, options
from pipelines.documents import data

FOLDER = Path(__file__).parent
KINDS = {"txt": 600, "html": 150, "docx": 150, "pdf": 78, "png": 2, "bad": 20}  # of 1,000
WAIT = 1.0  # seconds between two looks at the memory


def made(text: str, kind: str) -> bytes:
    """Return a text as a file of a kind."""
    held = io.BytesIO()
    if kind == "html":
        return f"<!doctype html><body><p>{text.replace('<', '&lt;')}</p></body>".encode()
    if kind == "docx":
        import docx

        document = docx.Document()
        document.add_paragraph(text)
        document.save(held)
    elif kind in ("pdf", "png"):
        from matplotlib.figure import Figure

        page = Figure(figsize=(8.27, 11.69))
        said = "\n".join(textwrap.wrap(text, 80)).replace("$", "")
        page.text(0.1, 0.9, said, fontsize=10, va="top")
        page.savefig(held, format=kind, dpi=150)
    else:
        held.write(b"%PDF-1.4 cut off" if kind == "bad" else text.encode())
    return held.getvalue()


def write(folder: Path, count: int) -> None:
    """Write so many documents, in the shares of KINDS."""
    papers = data.papers({part: data.find(settings().data_dir, name) for part, name in data.PAPERS.items()})
    kinds = [kind for kind, share in KINDS.items() for _ in range(share)]
    step = 1_000 / count
    for number in range(count):
        kind = kinds[int(number * step)]
        (folder / f"{number:04}.{kind}").write_bytes(made(papers["sentences"].iloc[number], kind))


def memory(root: psutil.Process) -> float:
    """Return the megabytes of a process and all that it started; what they share counts once."""
    total = 0
    for one in [root, *root.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except psutil.Error:
            continue  # it has ended
    return total / 1e6


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""
    return markdown(results, {"documents": "documents"}, {
        "answered": lambda rows: f"{rows['answered'].sum()}", "refused": lambda rows: f"{rows['refused'].sum()}",
        "seconds": lambda rows: f"{rows['seconds'].sum():.0f}",
        "peak memory, MB": lambda rows: f"{rows['memory'].max():.0f}",
    })  # fmt: skip


def main() -> None:
    """Measure the batch."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 1_000])
    given = parser.parse_args()
    study = Study(given.out / "thousand.json", ["documents"])
    for count in given.counts:
        if study.has(documents=count):
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "asked"
            folder.mkdir()
            write(folder, count)
            start = time.monotonic()
            command = [sys.executable, "-m", "pipelines.documents.batch", str(folder), "--out", f"{name}/out"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            watched, peak = psutil.Process(process.pid), 0.0
            while process.poll() is None:
                peak = max(peak, memory(watched))
                time.sleep(WAIT)
            printed = process.communicate()[0]
            if not printed:
                raise SystemExit("The batch ended with the error above.")
            said = json.loads(printed.splitlines()[-1])
            study.add(said | {"seconds": time.monotonic() - start, "memory": peak})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
