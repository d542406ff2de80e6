"""Whether an answer keeps an instruction: form, length, keywords and language.

Source: the idea of Zhou et al., "Instruction-Following Evaluation for Large Language Models" (2023).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from models.text import language

Check = Callable[[str, str], bool]  # an answer, and what it is checked for


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
