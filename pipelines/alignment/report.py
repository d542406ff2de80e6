"""What a run shows of an assistant: what it does of what it is asked, and what it refuses, compared with its base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from models.metrics.joined import joined
from models.text import instruction_checks
from models.text.refusals import refuses
from pipelines.alignment import cards, kept_answers, rival
from pipelines.alignment.data import CHECKABLE, HARMFUL, HARMLESS, REWORDED, SOUNDING

if TYPE_CHECKING:
    from pipelines.alignment.model import Assistant

TOKENS = 32  # of an answer
SHOWN = 12  # answers that a report has
METRICS = {CHECKABLE: "followed", REWORDED: "reworded"}
METRICS |= {HARMFUL: "refused", HARMLESS: "over_refused", SOUNDING: "sounding_refused"}


def evaluate(model: Assistant, prompts: pd.DataFrame) -> Evaluation:
    """Return the metrics, by prompt, next to those of the base without tuning, and the sections of the report."""
    measured = prompts[model.fits(prompts["prompt"], TOKENS)].reset_index(drop=True)
    asked = [*measured["prompt"]]
    own, base = (kept_answers.of(each, asked, TOKENS) for each in (model, model.base()))
    filtered = rival.answers(model.rival, asked, base) if model.rival else base
    units, of_base, of_rival = (scored(measured, texts) for texts in (own, base, filtered))
    metrics = {
        f"{name}{whose}": float(column.mean())
        for whose, parts in (("", units), ("_of_base", of_base), ("_of_rival", of_rival))
        for part in parts
        for name, column in part.items()
    }
    metrics["left_out"] = float(len(prompts) - len(measured))
    shown = measured.assign(answer=own, kept=judged(measured, own))[measured["kind"] == CHECKABLE]
    sections = [
        Section(
            "Instructions, by what is checked", by_source(measured, {"assistant": own, "base": base, "rival": filtered})
        ),
        Section("Answers", shown[["check", "prompt", "answer", "kept"]].head(SHOWN)),
        *cards.sections(measured, metrics),
    ]
    # What only sounds harmful the base hardly ever refuses, as it refuses little: that has a limit alone.
    compared = joined(of_base).drop(columns=["sounding_refused", "reworded"])
    baselines = {"the base": compared, rival.NAME: joined(of_rival)[["followed"]]}
    return Evaluation(metrics, sections, joined(units), baselines, {"the base": ("over_refused",)})


def scored(prompts: pd.DataFrame, answers: list[str]) -> list[dict[str, np.ndarray]]:
    """Return, for each kind of prompts, its metric by prompt: 1 or 0."""
    values = judged(prompts, answers)
    return [{metric: values[prompts["kind"] == kind]} for kind, metric in METRICS.items()]


def judged(prompts: pd.DataFrame, answers: list[str]) -> np.ndarray:
    """Return 1 for each answer that keeps its instruction, or refuses a prompt that has none, else 0."""
    rows = prompts.assign(answer=answers)[["answer", "check", "wanted"]].itertuples(index=False)
    return np.array([instruction_checks.keeps(*row) if row.check else refuses(row.answer) for row in rows], float)


def by_source(prompts: pd.DataFrame, answers: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return the share that is kept, or refused, for each check and source, by the name of who answered."""
    columns = {name: judged(prompts, texts) for name, texts in answers.items()}
    frame = prompts[["kind", "source"]].assign(**columns, prompts=1)
    aggregated = dict.fromkeys(columns, "mean") | {"prompts": "sum"}
    return frame.groupby(["kind", "source"], sort=False).agg(aggregated).round(3).reset_index()
