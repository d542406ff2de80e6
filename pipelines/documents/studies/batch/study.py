"""How long does a folder of 1,000 documents of many kinds take, and how much memory?

Abstracts of SciTLDR as text (60 %), HTML, DOCX and PDF (15, 15 and 8 %), scans (two of 1,000, one of 500, none of 100)
and damaged PDFs (2 %), read by `python -m pipelines.documents.batch` with one worker and an object store of 200 MB. The
champion reads them. Memory is that of all its processes each second, shared pages once, Ray's own and the model among
them.
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

import psutil

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from data_sets import scitldr

COUNTS = (100, 500, 1_000)
KINDS = {"txt": 600, "html": 150, "docx": 150, "pdf": 78, "png": 2, "bad": 20}  # of 1,000
WAIT = 1.0  # seconds between two readings of the memory


def packed(text: str, kind: str) -> bytes:
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
        wrapped = "\n".join(textwrap.wrap(text, 80)).replace("$", "")
        page.text(0.1, 0.9, wrapped, fontsize=10, va="top")
        page.savefig(held, format=kind, dpi=150)
    else:
        held.write(b"%PDF-1.4 cut off" if kind == "bad" else text.encode())
    return held.getvalue()


def write(folder: Path, count: int) -> None:
    """Write so many documents, in the shares of KINDS."""
    papers = scitldr.papers(scitldr.files(settings().data_dir))
    kinds = [kind for kind, share in KINDS.items() for _ in range(share)]
    step = 1_000 / count
    for number in range(count):
        kind = kinds[int(number * step)]
        (folder / f"{number:04}.{kind}").write_bytes(packed(papers["sentences"].iloc[number], kind))


def memory(root: psutil.Process) -> float:
    """Return the megabytes of a process and all that it started; what they share counts once."""
    total = 0
    for process in [root, *root.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue  # it has ended
    return total / 1e6


def folder(documents: int) -> Line:
    """Return how many of so many documents are answered and refused, and what it takes."""
    with tempfile.TemporaryDirectory() as name:
        asked = Path(name) / "asked"
        asked.mkdir()
        write(asked, documents)
        start = time.monotonic()
        command = [sys.executable, "-m", "pipelines.documents.batch", str(asked), "--out", f"{name}/out"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        watched, peak = psutil.Process(process.pid), 0.0
        while process.poll() is None:
            peak = max(peak, memory(watched))
            time.sleep(WAIT)
        printed = process.communicate()[0]
    if not printed:
        raise SystemExit("The batch ended with the error above.")
    counts = json.loads(printed.splitlines()[-1])
    line = {kind: counts[kind] for kind in ("answered", "refused")}
    return line | {"seconds": time.monotonic() - start, "memory": peak}


STUDY = Study(
    measures=[Measure(folder, [{"documents": count} for count in COUNTS], seeds=0)],
    tables=[
        Table({"documents": "documents"}, {
            "answered": lambda rows: f"{rows['answered'].sum()}",
            "refused": lambda rows: f"{rows['refused'].sum()}",
            "seconds": lambda rows: f"{rows['seconds'].sum():.0f}",
            "peak memory, MB": lambda rows: f"{rows['memory'].max():.0f}",
        })
    ],
    files=lambda data_dir: {scitldr.FILES[part]: path for part, path in scitldr.files(data_dir).items()},
)  # fmt: skip
