"""Measuring the cells of a study: those that its record lacks, one after another or side by side on Ray."""

from collections.abc import Callable, Iterator
from pathlib import Path

from capstan.study import find
from capstan.study.protocol import Cell, Line
from capstan.study.record import FILE, Record
from capstan.study.tracking import Tracking, Untracked

Done = Callable[[Cell, list[Line]], None]


def run(
    capstone: str,
    question: str,
    seeds: int | None = None,
    workers: int = 0,
    out: Path | None = None,
    tracking: bool = True,
    on_cell: Done = lambda cell, lines: None,
) -> Path:
    """Measure what the record of a study lacks; return the file of its results.

    seeds: by default as many as the study says. workers: Ray tasks side by side; 0 is this process. out: the folder of
    the results, by default that of the study. tracking: whether MLflow gets a run for each cell.
    """
    study = find.load(capstone, question)
    seeds = seeds or study.seeds
    record = Record.for_study((out or find.folder(capstone, question)) / FILE, find.data_digest(capstone, study), seeds)
    missing = [cell for cell in study.cells(seeds) if not record.has(cell)]
    if not missing:
        return record.file
    with (Tracking if tracking else Untracked)(capstone, question, record.head) as tracked:
        for cell, lines in _measured(capstone, question, missing, workers):
            record.add(cell, lines)
            tracked.log(cell, lines)
            on_cell(cell, lines)
    return record.file


def _measured(capstone: str, question: str, cells: list[Cell], workers: int) -> Iterator[tuple[Cell, list[Line]]]:
    if not workers:
        yield from ((cell, measure(capstone, question, cell)) for cell in cells)
        return
    import ray

    from capstan.ray_workers import each, start_ray

    start_ray(workers)
    try:
        yield from zip(cells, each(_measure_with, (capstone, question), ((cell,) for cell in cells)), strict=True)
    finally:
        ray.shutdown()


def measure(capstone: str, question: str, cell: Cell) -> list[Line]:
    """Return the lines of one cell."""
    return find.load(capstone, question).measure(cell.measure).lines(cell)


def _measure_with(study: tuple[str, str], cell: Cell) -> list[Line]:
    return measure(*study, cell)
