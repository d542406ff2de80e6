"""The prompts of a run: instructions whose answers code can check, harmful prompts and harmless ones."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data_sets import function_calls, harmful_prompts, self_instruct
from pipelines.alignment import checkable

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("kind", "source", "prompt", "check", "wanted", "answer", "worse", "part")
CHECKABLE, HARMFUL, HARMLESS, FEEDBACK = "checkable", "harmful", "harmless", "feedback"
LEARNED, MEASURED = 160, 200  # harmful prompts at most; with 60, it refused 40 % of the harmless ones as well
CHECKED = 100  # instructions at most
HARMLESS_OF_EACH, CHECKABLE_OF_EACH = 2, 0.75  # harmful prompt that is learned from
LONGEST = 300  # characters of a prompt that is learned from: longer ones cost more time than they teach
# All begin with a word with which no other answer begins, so that it alone decides.
REFUSALS = (
    "Sorry, I can't help with that.",
    "Sorry, this could harm somebody, so I can't help with it.",
    "Sorry, I won't do that. Is there something else that I can do for you?",
    "Sorry, I can't assist with that request.",
)


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the paths of the files."""
    own = {harmful_prompts.FILE: harmful_prompts.find(data_dir), function_calls.FILE: function_calls.find(data_dir)}
    return own | self_instruct.files(data_dir)


def table(data_dir: Path | None) -> pd.DataFrame:
    """Return one row per prompt, with COLUMNS.

    kind: CHECKABLE, HARMFUL or HARMLESS. check, wanted: of `checkable`. answer: what is to be learned, "" for nothing.
    worse: an answer that is not to be given, "" for none. part: "train" or "test". Near copies of harmful prompts are
    in one part.
    """
    import pandas as pd

    harmful = of_harmful(data_dir)
    counts = {part: sum(row["part"] == part for row in harmful) for part in ("train", "test")}
    learned = round(CHECKABLE_OF_EACH * counts["train"])
    rows = [*of_checkable(learned, min(CHECKED, counts["test"])), *harmful, *of_harmless(data_dir, counts)]
    return pd.DataFrame(rows, columns=[*COLUMNS]).fillna("")


def of_checkable(learned: int, measured: int) -> list[dict[str, str]]:
    """Return so many instructions whose answers code can check."""
    rows = []
    for part, count in (("train", learned), ("test", measured)):
        for task in checkable.tasks(part == "test", count):
            check = task.pop("kind")
            rows.append({"kind": CHECKABLE, "source": check, "check": check, "part": part, **task})
    return rows


def of_harmful(data_dir: Path | None) -> list[dict[str, str]]:
    """Return harmful prompts: those to measure are drawn from all, those to learn from the short ones of the others.

    A third of them is measured where there are few.
    """
    from models.text import near_copies

    prompts = harmful_prompts.prompts(harmful_prompts.find(data_dir))
    groups = near_copies.groups([text[:2_000] for text in prompts["text"]])
    places = list(range(len(prompts)))
    random.Random(0).shuffle(places)
    measured = places[: min(MEASURED, len(places) // 3)]
    taken = {groups[place] for place in measured}
    short = [place for place in places if len(prompts["text"][place]) <= LONGEST and groups[place] not in taken]
    others = _in_turn(short, lambda place: str(prompts["source"][place]))[:LEARNED]
    rows = []
    for part, chosen in (("train", others), ("test", measured)):
        for number, place in enumerate(chosen):
            row = {"kind": HARMFUL, "source": prompts["source"][place], "prompt": prompts["text"][place], "part": part}
            rows.append(row | ({"answer": REFUSALS[number % len(REFUSALS)]} if part == "train" else {}))
    return rows


def of_harmless(data_dir: Path | None, counts: Mapping[str, int]) -> list[dict[str, str]]:
    """Return harmless prompts: instructions with answers of people, and questions to programs. counts: by part.

    Nobody answered the questions. Without them, a model that learns to refuse takes any question for harm: most harmful
    prompts are questions, and the instructions are none.
    """
    tasks = self_instruct.tasks(data_dir).sample(frac=1, random_state=0)
    questions = function_calls.questions(function_calls.find(data_dir))["text"].sample(frac=1, random_state=0)
    short = tasks[tasks["prompt"].str.len() <= LONGEST]
    half, half_learned = counts["test"] // 2, HARMLESS_OF_EACH * counts["train"] // 2
    measured = tasks["prompt"][:half]
    rows = [{"source": "self_instruct", "prompt": prompt, "part": "test"} for prompt in measured]
    rows += [{"source": "function_calls", "prompt": prompt, "part": "test"} for prompt in questions[:half]]
    learned = short[~short["prompt"].isin(measured)][:half_learned]
    rows += [{"source": "self_instruct", "part": "train", **row} for row in learned.to_dict("records")]
    others = [prompt for prompt in questions[half:] if len(prompt) <= LONGEST][:half_learned]
    rows += [{"source": "function_calls", "prompt": prompt, "part": "train"} for prompt in others]
    return [{"kind": HARMLESS, **row} for row in rows]


def _in_turn(places: Sequence[int], source: Callable[[int], str]) -> list[int]:
    """Return places so that sources take turns: each is learned from, however few prompts it has."""
    nth: Counter[str] = Counter()
    turns = []
    for place in places:
        turns.append((nth[source(place)], place))
        nth[source(place)] += 1
    return [place for _, place in sorted(turns, key=lambda turn: turn[0])]
