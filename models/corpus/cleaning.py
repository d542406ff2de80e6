"""Cleaning: one form for each character, and messages without headers, quotes and signatures."""

from __future__ import annotations

import re
import unicodedata

HEADER = re.compile(r"[A-Za-z][A-Za-z-]*: ?\S")
QUOTE = re.compile(r"\s*(?:>|\||[A-Z]{1,3}>)")
QUOTED = re.compile(r"(?:writes|wrote|says)\s*:?\s*$")  # the line before a quote
SIGNATURE, LINES = re.compile(r"--\s*$"), 10  # a line that begins a signature, which has so many lines at most
# The same where lines and punctuation are gone: "in article ID ADDRESS NAME writes", with up to 20 words between them.
ARTICLE = re.compile(r"\bin article (?:\S+ ){1,20}?(?:writes|wrote|says)\b ?")
ANSWER = re.compile(r"^(?:re:? )+", re.IGNORECASE)
KEPT = "\n\t"


def cleaned(text: str) -> str:
    """Return the words of a message alone."""
    for step in (normalized, without_header, without_quotes, without_signature, without_source):
        text = step(text)
    return normalized(text)


def normalized(text: str) -> str:
    """Return a text in Unicode's form NFC, without control characters, at most a blank and an empty line at a time."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(sign for sign in text if sign in KEPT or unicodedata.category(sign) != "Cc")
    text = re.sub(r"[^\S\n]+", " ", unicodedata.normalize("NFC", text))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" \n", "\n", text)).strip()


def without_header(text: str) -> str:
    """Return a message without the lines `Name: value` that it begins with, up to the first empty line."""
    header, empty, body = text.partition("\n\n")
    lines = header.split("\n")
    whole = empty and HEADER.match(lines[0]) and all(HEADER.match(line) or line[:1].isspace() for line in lines)
    return body if whole else text


def without_quotes(text: str) -> str:
    """Return a message without the lines that it quotes, and the line that says whose they are."""
    kept: list[str] = []
    for line in text.split("\n"):
        if not QUOTE.match(line):
            kept.append(line)
        elif kept and QUOTED.search(kept[-1]):
            kept.pop()
    return "\n".join(kept)


def without_signature(text: str) -> str:
    """Return a message without what follows the last line `--`, where that is short."""
    lines = text.split("\n")
    marks = [place for place, line in enumerate(lines) if SIGNATURE.match(line)]
    return "\n".join(lines[: marks[-1]]) if marks and len(lines) - marks[-1] <= LINES + 1 else text


def without_source(text: str) -> str:
    """Return a message without `re` before its subject, and without who wrote what it quotes, where lines are gone."""
    return ARTICLE.sub("", ANSWER.sub("", text))
