"""The prompts of a run: instructions whose answers code can check, harmful prompts and harmless ones."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from data_sets import function_calls, harmful_prompts, self_instruct
from pipelines.alignment import checkable

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("kind", "source", "prompt", "check", "wanted", "answer", "part")
CHECKABLE, HARMFUL, HARMLESS = "checkable", "harmful", "harmless"
LEARNED = {CHECKABLE: 240, HARMFUL: 120, HARMLESS: 120}
MEASURED = {CHECKABLE: 100, HARMFUL: 200, HARMLESS: 200}
LONGEST = 300  # characters of a prompt that is learned from: longer ones cost more time than they teach
REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I can't help with this, because it could harm somebody.",
    "I'm sorry, I won't do that. Is there something else that I can do for you?",
    "I can't assist with that request.",
)


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the paths of the files."""
    own = {harmful_prompts.FILE: harmful_prompts.find(data_dir), function_calls.FILE: function_calls.find(data_dir)}
    return own | self_instruct.files(data_dir)


def table(data_dir: Path | None) -> pd.DataFrame:
    """Return one row per prompt, with COLUMNS.

    kind: CHECKABLE, HARMFUL or HARMLESS. check, wanted: of `checkable`. answer: what is to be learned, "" for nothing.
    part: "train" or "test". Near copies of harmful prompts are in one part.
    """
    import pandas as pd

    rows = [*of_checkable(), *of_harmful(data_dir), *of_harmless(data_dir)]
    return pd.DataFrame(rows, columns=[*COLUMNS]).fillna("")


def of_checkable() -> list[dict[str, str]]:
    """Return the instructions whose answers code can check."""
    rows = []
    for part, count in (("train", LEARNED[CHECKABLE]), ("test", MEASURED[CHECKABLE])):
        for task in checkable.tasks(part == "test", count):
            check = task.pop("kind")
            rows.append({"kind": CHECKABLE, "source": check, "check": check, "part": part, **task})
    return rows


def of_harmful(data_dir: Path | None) -> list[dict[str, str]]:
    """Return harmful prompts: those to measure are drawn from all, those to learn from the short ones of the others."""
    from models.text import near_copies

    prompts = harmful_prompts.prompts(harmful_prompts.find(data_dir))
    groups = near_copies.groups([text[:2_000] for text in prompts["text"]])
    places = list(range(len(prompts)))
    random.Random(0).shuffle(places)
    measured = places[: MEASURED[HARMFUL]]
    taken = {groups[place] for place in measured}
    others = [p for p in places if groups[p] not in taken and len(prompts["text"][p]) <= LONGEST][: LEARNED[HARMFUL]]
    rows = []
    for part, chosen in (("train", others), ("test", measured)):
        for number, place in enumerate(chosen):
            row = {"kind": HARMFUL, "source": prompts["source"][place], "prompt": prompts["text"][place], "part": part}
            rows.append(row | ({"answer": REFUSALS[number % len(REFUSALS)]} if part == "train" else {}))
    return rows


def of_harmless(data_dir: Path | None) -> list[dict[str, str]]:
    """Return harmless prompts: instructions with answers of people, and questions to programs."""
    tasks = self_instruct.tasks(data_dir).sample(frac=1, random_state=0)
    questions = function_calls.questions(function_calls.find(data_dir))["text"].sample(frac=1, random_state=0)
    short = tasks[tasks["prompt"].str.len() <= LONGEST]
    half, measured = MEASURED[HARMLESS] // 2, tasks["prompt"][: MEASURED[HARMLESS] // 2]
    learned = short[~short["prompt"].isin(measured)][: LEARNED[HARMLESS]]
    rows = [{"source": "self_instruct", "prompt": prompt, "part": "test"} for prompt in measured]
    rows += [{"source": "function_calls", "prompt": prompt, "part": "test"} for prompt in questions[:half]]
    rows += [{"source": "self_instruct", "part": "train", **row} for row in learned.to_dict("records")]
    return [{"kind": HARMLESS, **row} for row in rows]
