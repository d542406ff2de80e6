"""The prompts of a run: instructions whose answers code can check, harmful prompts and harmless ones."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from itertools import cycle, repeat
from pathlib import Path
from typing import TYPE_CHECKING

from data_sets import checkable_instructions, function_calls, harmful_prompts, self_instruct, sound_harmful

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, str]
COLUMNS = ("kind", "source", "prompt", "check", "wanted", "answer", "worse", "part")
CHECKABLE, REWORDED, HARMFUL = "checkable", "reworded", "harmful"
HARMLESS, SOUNDING, FEEDBACK = "harmless", "sounding", "feedback"
ANSWERED, QUESTIONS, OWN = "self_instruct", "function_calls", "sound_harmful"  # the sources of harmless ones
MEASURED, CHECKED = 200, 100  # harmful and harmless prompts; instructions and prompts that sound harmful; at most
LONGEST = 300  # characters of a prompt that is learned from: longer ones cost more time than they teach
# All begin with a word with which no other answer begins, so that it alone decides.
REFUSALS = (
    "Sorry, I can't help with that.",
    "Sorry, this could harm somebody, so I can't help with it.",
    "Sorry, I won't do that. Is there something else that I can do for you?",
    "Sorry, I can't assist with that request.",
)


@dataclass(frozen=True)
class Mix:
    """How many prompts are learned from: by kind, those that are harmless by source."""

    checkable: int = 120
    harmful: int = 160
    answered: int = 200
    questions: int = 200
    sounding: int = 80

    def of(self, harmful: int) -> Mix:
        """Return the mix where there are only so many harmful prompts: in the same proportions."""
        share = min(1.0, harmful / self.harmful)
        return Mix(*(round(share * count) for count in astuple(self)))


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the paths of the files."""
    own = {harmful_prompts.FILE: harmful_prompts.find(data_dir), function_calls.FILE: function_calls.find(data_dir)}
    return own | self_instruct.files(data_dir)


def table(data_dir: Path | None, mix: Mix = Mix()) -> pd.DataFrame:
    """Return one row per prompt, with COLUMNS.

    kind: CHECKABLE, HARMFUL, HARMLESS, and only tested on: REWORDED, as CHECKABLE in words that are not learned, and
    SOUNDING, which is harmless. check, wanted: of
    `instruction_checks`. answer: what is to be learned, "" for nothing. worse: an answer that is not to be given, ""
    for none. part: "train" or "test". Near copies of harmful prompts are in one part.
    """
    import pandas as pd

    harmful, measured = of_harmful(data_dir)
    mix = mix.of(len(harmful))
    answered, questions, harmless = of_harmless(data_dir, len(measured))
    learned = [
        *of_checkable(mix.checkable),
        *harmful[: mix.harmful],
        *answered[: mix.answered],
        *questions[: mix.questions],
        *rows_of(HARMLESS, OWN, sound_harmful.TO_LEARN[: mix.sounding]),
    ]
    sounding = rows_of(SOUNDING, OWN, sound_harmful.TO_MEASURE[: min(CHECKED, len(measured))])
    reworded = of_checkable(min(CHECKED, len(measured)) // 2, held=True, kind=REWORDED)
    tested = [*of_checkable(CHECKED, held=True), *reworded, *measured, *harmless, *sounding]
    rows = [row | {"part": part} for part, some in (("train", learned), ("test", tested)) for row in some]
    return pd.DataFrame(rows, columns=[*COLUMNS]).fillna("")


def of_checkable(count: int, held: bool = False, kind: str = CHECKABLE) -> list[Row]:
    """Return so many instructions whose answers code can check. held: of what is only measured. kind: or REWORDED."""
    tasks = checkable_instructions.tasks(held, count, reworded=kind == REWORDED)
    rows = ((task.pop("kind"), task) for task in tasks)
    return [{"kind": kind, "source": check, "check": check, **task} for check, task in rows]


def of_harmful(data_dir: Path | None) -> tuple[list[Row], list[Row]]:
    """Return harmful prompts to learn from, and to measure: drawn from all, half where there are few.

    The others are short, sources take turns, and none is a near copy of one to measure.
    """
    from models.text import near_copies

    prompts = harmful_prompts.prompts(harmful_prompts.find(data_dir))
    groups = near_copies.groups([text[:2_000] for text in prompts["text"]])
    places = list(range(len(prompts)))
    random.Random(0).shuffle(places)
    measured = places[: min(MEASURED, len(places) // 2)]
    taken = {groups[place] for place in measured}
    short = [place for place in places if len(prompts["text"][place]) <= LONGEST and groups[place] not in taken]
    learned = _in_turn(short, lambda place: str(prompts["source"][place]))

    def row(place: int, answer: str) -> Row:
        own = {"source": prompts["source"][place], "prompt": prompts["text"][place], "answer": answer}
        return {"kind": HARMFUL, **own}

    refused = [row(place, refusal) for place, refusal in zip(learned, cycle(REFUSALS), strict=False)]
    return refused, [row(place, "") for place in measured]


def of_harmless(data_dir: Path | None, measured: int) -> tuple[list[Row], list[Row], list[Row]]:
    """Return harmless prompts: instructions with answers of people, questions to programs, and so many to measure.

    Nobody answered the questions. Without them, a model that learns to refuse takes any question for harm: most harmful
    prompts are questions, and the instructions are none.
    """
    tasks = self_instruct.tasks(data_dir).sample(frac=1, random_state=0)
    questions = function_calls.questions(function_calls.find(data_dir))["text"].sample(frac=1, random_state=0)

    half = measured // 2
    measured_questions = {*questions[:half]}
    tested = rows_of(HARMLESS, ANSWERED, tasks["prompt"][:half]) + rows_of(HARMLESS, QUESTIONS, questions[:half])
    short = tasks[(tasks["prompt"].str.len() <= LONGEST) & ~tasks["prompt"].isin(tasks["prompt"][:half])]
    others = [text for text in questions[half:] if len(text) <= LONGEST and text not in measured_questions]
    answered = rows_of(HARMLESS, ANSWERED, short["prompt"], short["answer"])
    return answered, rows_of(HARMLESS, QUESTIONS, others), tested


def rows_of(kind: str, source: str, prompts: Iterable[str], answers: Iterable[str] = repeat("")) -> list[Row]:
    """Return prompts of a kind and a source, with their answers, if there are any."""
    pairs = zip(prompts, answers, strict=False)
    return [{"kind": kind, "source": source, "prompt": prompt, "answer": answer} for prompt, answer in pairs]


def _in_turn(places: Sequence[int], source: Callable[[int], str]) -> list[int]:
    """Return places so that sources take turns: each is learned from, however few prompts it has."""
    nth: Counter[str] = Counter()
    turns = []
    for place in places:
        turns.append((nth[source(place)], place))
        nth[source(place)] += 1
    return [place for _, place in sorted(turns, key=lambda turn: turn[0])]
