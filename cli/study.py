"""`capstan study`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.output import console, print_json

SPREAD = "spread"


def study(
    capstone: Annotated[str | None, typer.Argument(help="A capstone; without it, all studies are listed.")] = None,
    question: Annotated[str | None, typer.Argument(help="A study of it; without it, its studies are listed.")] = None,
    seeds: Annotated[int | None, typer.Option(help="How many seeds; by default those of the study.", min=1)] = None,
    workers: Annotated[int, typer.Option(help="Ray tasks side by side; 0 measures in this process.", min=0)] = 0,
    out: Annotated[Path | None, typer.Option(help="The folder of the results; by default that of the study.")] = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log each case to MLflow.")] = True,
    render: Annotated[bool, typer.Option("--render", help="Only write the tables into the READMEs again.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="With --check: the studies of every capstone.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Compare the READMEs with the results.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Measure a study of a capstone, and write its results and the tables of its README.

    A study that was stopped goes on where it was. The study `spread`, which every capstone has, shows how much the
    metrics of its last run would differ for other rows of the same kind.
    """
    if question == SPREAD and not (check or render):
        _spread(str(capstone), as_json)
    elif check:
        _check(capstone, everything)
    elif not (capstone and question):
        _render(capstone) if render and capstone else _list(capstone, as_json)
    elif render:
        _render(capstone, question)
    else:
        _run(capstone, question, seeds, workers, out, track)


def _named(capstone: str, question: str | None = None) -> list[str]:
    """Return the studies of a capstone, or the one that is named. A wrong name is wrong usage."""
    from capstan.errors import CapstanError
    from capstan.study import find

    try:
        known = find.questions(capstone)
        if question:
            find.folder(capstone, question)
    except CapstanError as error:
        raise typer.BadParameter(str(error)) from None
    return [question] if question else known


def _list(capstone: str | None, as_json: bool) -> None:
    from capstan import catalogue
    from capstan.study import find

    found = {
        name: {question: find.title(name, question) for question in _named(name)}
        for name in ([capstone] if capstone else catalogue.names())
    }
    if as_json:
        print_json(found)
        return
    for name, titles in found.items():
        for question, title in titles.items():
            console.print(f"{name:22}{question:18}{title}", markup=False)


def _run(capstone: str, question: str, seeds: int | None, workers: int, out: Path | None, track: bool) -> None:
    from capstan.study import Line, find, record, run, tables
    from capstan.study.protocol import Cell

    _named(capstone, question)

    def show(cell: Cell, lines: list[Line]) -> None:
        for line in lines:
            fields = {"measure": cell.measure, **cell.case, "seed": cell.seed} | line
            console.print("  ".join(f"{name} {value}" for name, value in fields.items()), markup=False)

    file = run.run(capstone, question, seeds, workers, out, track, show)
    for table in tables.all_tables(find.load(capstone, question), record.Record.of(file).frame()):
        console.print(f"\n{table}", markup=False)
    if out is None:
        _render(capstone, question)
    console.print(f"\nresults  {file}", markup=False)


def _spread(capstone: str, as_json: bool) -> None:
    from capstan.study import last_run

    _named(capstone)
    lines = last_run.spread(capstone)
    if as_json:
        print_json(lines)
        return
    console.print(f"{'metric':26}{'measured':>10}  {'95 % of draws':22}{'limit':>10}{'slack':>10}", markup=False)
    for line in lines:
        interval = f"{line['low']:.4g} to {line['high']:.4g}"
        gate = "".join(f"{'' if line[name] is None else format(line[name], '.4g'):>10}" for name in ("limit", "slack"))
        console.print(f"{line['metric']:26}{line['measured']:>10.4g}  {interval:22}{gate}", markup=False)
    console.print(f"\n{last_run.DRAWS:,} draws of {lines[0]['units']:,} units of the last run", markup=False)


def _render(capstone: str, question: str | None = None) -> None:
    from capstan.study import pages

    for name in _named(capstone, question):
        for path in pages.render(capstone, name):
            console.print(f"written  {path}", markup=False)


def _check(capstone: str | None, everything: bool) -> None:
    from capstan import catalogue
    from capstan.study import pages

    if everything == bool(capstone):
        raise typer.BadParameter("Name one capstone, or give --all.", param_hint="capstone")
    wrong = [line for name in (catalogue.names() if everything else [str(capstone)]) for line in pages.differing(name)]
    for line in wrong:
        console.print(line, markup=False)
    if wrong:
        raise typer.Exit(1)
    console.print("The READMEs agree with the results.")
