"""Instructions whose answers code can check, from templates, each with an answer that keeps it.

Source: the authors of this project wrote them. Licence: that of this project.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from data_sets.short_facts import FACTS, HELD, HELD_THINGS, THINGS, TRANSLATED

ASKS = ("Write one sentence about {topic}.", "Say something about {topic}.", "What do you know about {topic}?")
HELD_ASKS = ("Give me a fact about {topic}.",)  # only measured
# The same rules in words that are only measured.
REWORDED = {
    "capitals": "Write all of it in upper case.",
    "small letters": "No letter may be a capital.",
    "begins": 'The first words have to be "{wanted}"',
    "ends": 'The last words have to be "{wanted}"',
    "contains": 'Somewhere, "{wanted}" has to occur.',
    "at most": "No more than {wanted} words, please.",
    "JSON object": 'Put it into JSON: one object, whose only key is "{wanted}".',
    "JSON list": "Give me a JSON list of {wanted} {name}.",
    "bullets": "List {wanted} {name}, one per line, each after a hyphen.",
    "one word": "Which of these {name} do you like most? {listed}. Reply with a single word.",
    "language": "I want to read it in {wanted}.",
}


@dataclass(frozen=True)
class Task:
    """A prompt, what its answer is checked for, and an answer that keeps it.

    kind: one of the checks of `models.text.instruction_checks`.
    """

    prompt: str
    kind: str
    wanted: str
    answer: str


Both = tuple[Task, str]  # a task, and its prompt in other words


def tasks(held: bool, count: int, seed: int = 0, reworded: bool = False) -> list[dict[str, str]]:
    """Return so many different tasks, drawn at random.

    held: those of topics, things and questions that are measured. reworded: the same tasks, their rules in other words.
    """
    drawn, found = random.Random(seed), dict[str, Task]()
    sources = [of_facts, of_things, of_languages]
    while len(found) < count:
        for task, reworded_prompt in sources[drawn.randrange(3)](held, drawn):
            found.setdefault(task.prompt, replace(task, prompt=reworded_prompt) if reworded else task)
    return [asdict(task) for task in list(found.values())[:count]]


def of_facts(held: bool, drawn: random.Random) -> Iterator[Both]:
    """Yield a task about a topic: a rule for how its answer is written."""
    topic = drawn.choice([name for name in FACTS if (name in HELD) == held])
    fact, ask = drawn.choice(FACTS[topic]), drawn.choice(HELD_ASKS if held else ASKS).format(topic=topic)
    begin, end = (
        drawn.choice(("Well,", "Of course:", "In short,", "Note:")),
        drawn.choice(("Done.", "The end.", "Bye!")),
    )
    word = max(fact.strip(".").split(), key=len).lower()
    most = drawn.choice((10, 12, 15))
    key = drawn.choice(("answer", "text", "fact"))
    task = drawn.choice(
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
    yield task, f"{ask} {REWORDED[task.kind].format(wanted=task.wanted)}"


def of_things(held: bool, drawn: random.Random) -> Iterator[Both]:
    """Yield a task about a list of things."""
    name = drawn.choice([name for name in THINGS if (name in HELD_THINGS) == held])
    count, known = drawn.choice((2, 3, 4)), THINGS[name].split()
    chosen = drawn.sample(known, count)
    listed = "\n".join(f"- {thing}" for thing in chosen)
    task = drawn.choice(
        [
            Task(f"Name {count} {name} as a JSON array of texts.", "JSON list", str(count), json.dumps(chosen)),
            Task(f"Name {count} {name}. Write each on a line of its own that begins with a hyphen.", "bullets",
                 str(count), listed),
            Task(f"Name one of these {name}: {', '.join(chosen)}. Answer with one word.", "one word",
                 " ".join(chosen), chosen[0]),
        ]
    )  # fmt: skip
    yield task, REWORDED[task.kind].format(wanted=task.wanted, name=name, listed=", ".join(chosen))


def of_languages(held: bool, drawn: random.Random) -> Iterator[Both]:
    """Yield a task about a topic whose answer is in another language."""
    name = drawn.choice([*TRANSLATED])
    topic = drawn.choice([topic for topic in TRANSLATED[name] if (topic in HELD) == held])
    ask = drawn.choice(HELD_ASKS if held else ASKS).format(topic=topic)
    task = Task(f"{ask} Answer in {name}.", "language", name, TRANSLATED[name][topic])
    yield task, f"{ask} {REWORDED[task.kind].format(wanted=name)}"
