"""What SmolLM2 is asked: word problems of GSM8K, and functions of HumanEval; what counts as right.

GSM8K: Cobbe et al. (2021), https://github.com/openai/grade-school-math (MIT). HumanEval: Chen et al. (2021),
https://github.com/openai/human-eval (MIT).
"""

from __future__ import annotations

import json
import re
from math import comb
from pathlib import Path
from typing import Any

from data_sets import packed_files
from models import sandbox

GSM8K, HUMANEVAL, WIKITEXT = "gsm8k/test.jsonl", "humaneval/HumanEval.jsonl", "wikitext2/test.txt"
URLS = {
    GSM8K: "https://raw.githubusercontent.com/openai/grade-school-math/master/grade_school_math/data/test.jsonl",
    HUMANEVAL: "https://raw.githubusercontent.com/openai/human-eval/master/data/HumanEval.jsonl.gz",
    WIKITEXT: "https://raw.githubusercontent.com/pytorch/examples/main/word_language_model/data/wikitext-2/test.txt",
}
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
# What begins after a function, as Chen et al. cut it.
AFTER = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")


def lines(name: str, data_dir: Path | None) -> list[str]:
    """Return the lines of a file."""
    return packed_files.lines(name, URLS[name], data_dir)


def records(name: str, data_dir: Path | None) -> list[dict[str, Any]]:
    """Return the objects of a file, one per line."""
    return [json.loads(line) for line in lines(name, data_dir)]


def last_number(text: str) -> float | None:
    """Return the last number of a text, which counts as its answer."""
    found = NUMBER.findall(text)
    return float(found[-1].replace(",", "")) if found else None


def is_right(answer: str, truth: str) -> bool:
    """Return whether an answer to a word problem ends with its number. truth: what ends in "#### 72"."""
    return last_number(answer) == last_number(truth.rpartition("####")[2])


def function(text: str) -> str:
    """Return a text up to what follows the function."""
    return text[: min((place for end in AFTER if (place := text.find(end)) >= 0), default=len(text))]


def passes(problem: dict[str, Any], text: str) -> bool:
    """Return whether a function passes its tests, which may use other functions of the prompt."""
    name, prompt = problem["entry_point"], problem["prompt"]
    return sandbox.passes(f"{prompt}{function(text)}", name, f"{problem['test']}\ncheck({name})", before=prompt)


def pass_at(k: int, tries: int, right: int) -> float:
    """Return the probability that one of k tries is right, without bias. Chen et al. (2021), equation 1."""
    return 1 - comb(tries - right, k) / comb(tries, k)
