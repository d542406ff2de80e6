"""What is watched: what is asked, and how long, in which language and how often answers refuse and repeat."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.text import language
from models.text.refusals import refuses

WORDS = 20  # about as many as a whole answer of the reference, which has at most 32 tokens
JAILBREAK = re.compile(
    r"\b(?:ignore|disregard|forget) (?:all |any |the |your )?(?:previous|prior|above|earlier)|\bpretend\b"
    r"|\brole ?play\b|\byou are (?:now|going to act)\b|\bDAN\b|\bjailbr|\bno (?:rules|restrictions|filters?|limits)\b"
    r"|\bact as\b|\bstay in character\b|\bdeveloper mode\b",
    re.IGNORECASE,
)


def of_texts(prompts: Sequence[str], answers: Sequence[str]) -> pd.DataFrame:
    """Return a row for each prompt and the beginning of its answer: WORDS words, since requests bound its length.

    prompt_length: its characters, as a power of ten. prompt_commands: whether it has a phrase with which people try to
    change what an assistant does. answer_words, refused, answer_english, answer_repetition: of the beginning; the last
    is the share of its runs of three words that it had before.
    """
    answers = [" ".join(answer.split()[:WORDS]) for answer in answers]
    return pd.DataFrame(
        {
            "prompt_length": [float(np.log10(1 + len(prompt))) for prompt in prompts],
            "prompt_commands": [JAILBREAK.search(prompt) is not None for prompt in prompts],
            "answer_words": [float(len(answer.split())) for answer in answers],
            "refused": [refuses(answer) for answer in answers],
            "answer_english": [language.guess(answer).name == "English" for answer in answers],
            "answer_repetition": [repetition(answer) for answer in answers],
        }
    )


def repetition(answer: str) -> float:
    """Return the share of the runs of three words that the answer had before, from 0 to 1."""
    words = answer.lower().split()
    runs = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(runs)) / len(runs) if runs else 0.0
