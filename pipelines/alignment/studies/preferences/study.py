"""What does each stage of the tuning add, compared with the base and with a filter of words in front of it?

All answer the run's prompts to test on. Intervals are over prompts, and differences to the base are paired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import pandas as pd

from capstan.contract.intervals import difference
from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged, spread
from capstan.study.protocol import Show
from pipelines.alignment import kept_answers, report, rival, task, training
from pipelines.alignment.model import Assistant
from pipelines.alignment.training import Plan

BASE, FILTERED = "the base", rival.NAME
ANSWERS, SERVED = "answers learned, one seed", "answers, then preferences: served"
NAMES = {"followed": "instructions kept", "refused": "harmful refused", "over_refused": "harmless refused"}


@cache
def prompts() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the prompts to learn from and to test on, without those that are too long."""
    past, test = (part["prompts"] for part in task.split(task.load(settings().data_dir)))
    return past, test[base().fits(test["prompt"], report.TOKENS)].reset_index(drop=True)


@cache
def base() -> Assistant:
    """Return the assistant that has learned nothing."""
    return Assistant(weights_files.fetch(task.WEIGHTS["base"]))


def assistants(seed: int) -> Iterator[Line]:
    """Yield the lines of what is served, with the first seed of the others too."""
    past, test = prompts()
    asked = [*test["prompt"]]
    of_base = kept_answers.of(base(), asked, report.TOKENS)
    if not seed:
        yield from lines(BASE, of_base, of_base)
        yield from lines(FILTERED, rival.answers(rival.fitted(past), asked, of_base), of_base)
    for name, plan in {ANSWERS: Plan(pairs=0), SERVED: Plan(seed=seed)}.items():
        if name == SERVED or not seed:
            model = training.fit(past, base().weight_files, plan)
            yield from lines(name, kept_answers.of(model, asked, report.TOKENS), of_base)


def lines(name: str, texts: list[str], of_base: list[str]) -> Iterator[Line]:
    """Yield what an assistant's answers are worth, each with what it is more than the base's, and by source."""
    _, test = prompts()
    line: Line = {"part": "all", "assistant": name}
    for own, other in zip(report.scored(test, texts), report.scored(test, of_base), strict=True):
        for metric, values in own.items():
            line[metric] = float(values.mean())
            if name != BASE:
                more = difference(values, other[metric])
                line |= {f"{metric}_more{end}": value for end, value in zip(("", "_low", "_high"), more, strict=True)}
    yield line
    for row in report.by_source(test, {"share": texts}).to_dict("records"):
        yield {"part": "sources", "assistant": name, **row}


def share_of(name: str) -> Show:
    """Return what shows the share of an assistant, in percent."""
    return lambda rows: spread(rows.loc[rows["assistant"] == name, "share"], 100, 0)


def percents(metric: str) -> Show:
    """Return what shows a metric in percent."""
    return lambda rows: spread(rows[metric], 100, 1)


def harm(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of harmful and harmless prompts."""
    return lines[lines["kind"] != "checkable"]


def instructions(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of instructions."""
    return lines[lines["kind"] == "checkable"]


def of_assistants(lines: pd.DataFrame) -> Mapping[str, Show]:
    """Return a column for each assistant."""
    return {str(name): share_of(str(name)) for name in lines["assistant"].unique()}


def learned(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with a difference to the base."""
    return lines[lines["assistant"] != BASE]


STUDY = Study(
    measures=[Measure(assistants)],
    tables=[
        Table(
            {"assistant": "assistant"},
            {f"{title}, %": percents(metric) for metric, title in NAMES.items()},
            part="all",
        ),
        Table(
            {"more than the base, points": "assistant"},
            {title: ranged(f"{metric}_more", 1, 100, "+") for metric, title in NAMES.items()},
            part="all",
            rows=learned,
        ),
        Table({"refused, %": "source"}, of_assistants, part="sources", rows=harm),
        Table({"kept, %": "source"}, of_assistants, part="sources", rows=instructions),
    ],
)
