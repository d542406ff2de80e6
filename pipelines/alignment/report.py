"""What a run shows of an assistant: what it does of what it is asked, and what it refuses, compared with its base."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from models.metrics.joined import joined
from models.text.refusals import refuses
from pipelines.alignment import cards, checkable
from pipelines.alignment.data import CHECKABLE, HARMFUL, HARMLESS

if TYPE_CHECKING:
    from pipelines.alignment.model import Assistant

TOKENS = 32  # of an answer
SHOWN = 12  # answers that a report has


def evaluate(model: Assistant, prompts: pd.DataFrame) -> Evaluation:
    """Return the metrics, by prompt, next to those of the base without tuning, and the sections of the report."""
    measured = prompts[model.fits(prompts["prompt"], TOKENS)].reset_index(drop=True)
    own, base = (each.answers([*measured["prompt"]], TOKENS) for each in (model, model.base()))
    units, of_base = (scored(measured, texts) for texts in (own, base))
    metrics = {name: float(column.mean()) for part in units for name, column in part.items()}
    metrics |= {f"{name}_of_base": float(column.mean()) for part in of_base for name, column in part.items()}
    metrics["left_out"] = float(len(prompts) - len(measured))
    kept = measured["kind"] == CHECKABLE
    shown = measured.loc[kept, ["check", "prompt"]].assign(answer=np.array(own)[kept], kept=units[0]["followed"])
    sections = [
        Section("Instructions, by what is checked", by_source(measured, own, base)),
        Section("Answers", shown.head(SHOWN)),
        *cards.sections(measured, metrics),
    ]
    better = joined(of_base)[["followed", "refused"]]
    return Evaluation(metrics, sections, joined(units), {"the base": better})


def scored(prompts: pd.DataFrame, answers: list[str]) -> list[dict[str, np.ndarray]]:
    """Return, for each kind of prompts, its metric by prompt: 1 or 0."""
    rows = prompts.assign(answer=answers)
    parts = {kind: rows[rows["kind"] == kind] for kind in (CHECKABLE, HARMFUL, HARMLESS)}
    followed = [
        checkable.keeps(*values) for values in parts[CHECKABLE][["answer", "check", "wanted"]].itertuples(index=False)
    ]
    refused, over_refused = (
        np.array([refuses(answer) for answer in parts[kind]["answer"]], float) for kind in (HARMFUL, HARMLESS)
    )
    return [{"followed": np.array(followed, float)}, {"refused": refused}, {"over_refused": over_refused}]


def by_source(prompts: pd.DataFrame, own: list[str], base: list[str]) -> pd.DataFrame:
    """Return the share that is kept, or refused, for each check and source, of the assistant and of its base."""
    columns = {}
    for name, answers in (("assistant", own), ("base", base)):
        values = np.empty(len(prompts))
        for kind, part in zip((CHECKABLE, HARMFUL, HARMLESS), scored(prompts, answers), strict=True):
            values[prompts["kind"] == kind] = next(iter(part.values()))
        columns[name] = values
    frame = prompts[["kind", "source"]].assign(**columns, prompts=1)
    summed = frame.groupby(["kind", "source"], sort=False).agg({"assistant": "mean", "base": "mean", "prompts": "sum"})
    return summed.round(3).reset_index()
