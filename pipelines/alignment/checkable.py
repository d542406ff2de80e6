"""Instructions whose answers code can check: form, length, keywords and language; and an answer that keeps each.

Source: the idea of Zhou et al., "Instruction-Following Evaluation for Large Language Models" (2023); these were written
by the authors of this project.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from data_sets.short_facts import FACTS, HELD, HELD_THINGS, THINGS, TRANSLATED
from models.text import language

Check = Callable[[str, str], bool]  # an answer, and what it is checked for
ASKS = ("Write one sentence about {topic}.", "Say something about {topic}.", "What do you know about {topic}?")
HELD_ASKS = ("Give me a fact about {topic}.",)  # only measured


@dataclass(frozen=True)
class Task:
    """A prompt, what its answer is checked for, and an answer that keeps it. kind: one of CHECKS."""

    prompt: str
    kind: str
    wanted: str
    answer: str


def words(answer: str) -> list[str]:
    """Return the words of an answer."""
    return re.findall(r"\w+(?:['\u2019-]\w+)*", answer)


def is_list(answer: str, wanted: str) -> bool:
    """Return whether an answer is a JSON array of so many texts."""
    try:
        found = json.loads(answer)
    except ValueError:
        return False
    return isinstance(found, list) and len(found) == int(wanted) and all(isinstance(item, str) for item in found)


def is_object(answer: str, wanted: str) -> bool:
    """Return whether an answer is a JSON object with this key alone."""
    try:
        found = json.loads(answer)
    except ValueError:
        return False
    return isinstance(found, dict) and [*found] == [wanted]


def is_bullets(answer: str, wanted: str) -> bool:
    """Return whether an answer is so many lines that begin with a hyphen, and nothing else."""
    lines = [line for line in answer.splitlines() if line.strip()]
    return len(lines) == int(wanted) and all(line.startswith("- ") for line in lines)


CHECKS: dict[str, Check] = {
    "capitals": lambda answer, _: bool(words(answer)) and answer == answer.upper(),
    "small letters": lambda answer, _: bool(words(answer)) and answer == answer.lower(),
    "begins": lambda answer, wanted: answer.startswith(wanted),
    "ends": lambda answer, wanted: answer.endswith(wanted),
    "contains": lambda answer, wanted: wanted.lower() in [word.lower() for word in words(answer)],
    "at most": lambda answer, wanted: 1 <= len(words(answer)) <= int(wanted),
    "one word": lambda answer, wanted: answer.strip(" .").lower() in wanted.lower().split(),
    "JSON list": is_list,
    "JSON object": is_object,
    "bullets": is_bullets,
    "language": lambda answer, wanted: language.guess(answer).name == wanted,
}


def keeps(answer: str, kind: str, wanted: str) -> bool:
    """Return whether an answer keeps its instruction. Space around it does not count."""
    return CHECKS[kind](answer.strip(), wanted)


def tasks(held: bool, count: int, seed: int = 0) -> list[dict[str, str]]:
    """Return so many different tasks, drawn at random. held: those of topics, things and wordings that are measured."""
    drawn, found = random.Random(seed), dict[str, Task]()
    sources = [of_facts, of_things, of_languages]
    while len(found) < count:
        for task in sources[drawn.randrange(3)](held, drawn):
            found.setdefault(task.prompt, task)
    return [asdict(task) for task in list(found.values())[:count]]


def of_facts(held: bool, drawn: random.Random) -> Iterator[Task]:
    """Yield a task about a topic: a rule for how its answer is written."""
    topic = drawn.choice([name for name in FACTS if (name in HELD) == held])
    fact, ask = drawn.choice(FACTS[topic]), drawn.choice(HELD_ASKS if held else ASKS).format(topic=topic)
    begin, end = (
        drawn.choice(("Well,", "Of course:", "In short,", "Note:")),
        drawn.choice(("Done.", "The end.", "Bye!")),
    )
    word = max(words(fact), key=len).lower()
    most = drawn.choice((10, 12, 15))
    key = drawn.choice(("answer", "text", "fact"))
    yield drawn.choice(
        [
            Task(f"{ask} Use only capital letters.", "capitals", "", fact.upper()),
            Task(f"{ask} Use only small letters.", "small letters", "", fact.lower()),
            Task(f'{ask} Begin your answer with "{begin}"', "begins", begin, f"{begin} {fact[0].lower()}{fact[1:]}"),
            Task(f'{ask} End your answer with "{end}"', "ends", end, f"{fact} {end}"),
            Task(f'{ask} Use the word "{word}".', "contains", word, fact),
            Task(f"{ask} Use at most {most} words.", "at most", str(most), fact),
            Task(f'{ask} Answer as a JSON object with the key "{key}".', "JSON object", key, json.dumps({key: fact})),
        ]
    )


def of_things(held: bool, drawn: random.Random) -> Iterator[Task]:
    """Yield a task about a list of things."""
    name = drawn.choice([name for name in THINGS if (name in HELD_THINGS) == held])
    count, known = drawn.choice((2, 3, 4)), THINGS[name].split()
    chosen = drawn.sample(known, count)
    listed = "\n".join(f"- {thing}" for thing in chosen)
    yield drawn.choice(
        [
            Task(f"Name {count} {name} as a JSON array of texts.", "JSON list", str(count), json.dumps(chosen)),
            Task(f"Name {count} {name}. Write each on a line of its own that begins with a hyphen.", "bullets",
                 str(count), listed),
            Task(f"Name one of these {name}: {', '.join(chosen)}. Answer with one word.", "one word",
                 " ".join(chosen), chosen[0]),
        ]
    )  # fmt: skip


def of_languages(held: bool, drawn: random.Random) -> Iterator[Task]:
    """Yield a task about a topic whose answer is in another language."""
    name = drawn.choice([*TRANSLATED])
    topic = drawn.choice([topic for topic in TRANSLATED[name] if (topic in HELD) == held])
    ask = drawn.choice(HELD_ASKS if held else ASKS).format(topic=topic)
    yield Task(f"{ask} Answer in {name}.", "language", name, TRANSLATED[name][topic])
