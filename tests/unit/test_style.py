"""The words that `docs/style.md` bans are in no page, docstring, comment or message."""

import re
import subprocess
from pathlib import Path

import pytest

from capstan.settings import ROOT
from tests.support import prose

COUNTED = "a|an|newest|each|every|last|one|first|second|third|next|no|the|this|of|its|later|two"
BANNED = {
    "beside": r"\bbeside\b",
    "anew": r"\banew\b",
    "by lot": r"\bby lot\b",
    "chance": r"(?<!\bby )\bchances?\b(?! level)",
    "dear": r"\bdear(?:er|est)?\b(?! friend)",
    "look": rf"\b(?:{COUNTED}) looks?\b(?! at| like|-| into)",
    "circle": r"\bthe circle\b",
    "simple one": r"\bthe simple one\b",
    "tell": r"\b(?:tells?|told|telling)\b",
    "whom": r"(?<!\bby )(?<!\bof )\bwhom\b|\bwhoever\b",
}
KINDS = {".md", ".py", ".html", ".js", ".yaml", ".jinja"}
# Those that list these words, and texts that are data.
QUOTING = {
    "docs/style.md",
    "tests/unit/test_style.py",
    "data_sets/messages_of_today.py",
    "models/text/keyphrases.py",
    "tests/unit/models/weights/test_gguf_weights.py",
    "tests/unit/support/test_lanes.py",
    "pipelines/language_model/studies/smollm2/engines.py",
    "pipelines/language_model/studies/speed/clients.py",
}


def pages() -> list[str]:
    """Return the files that hold prose, of those that Git knows."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [
        name
        for name in listed.splitlines()
        if name not in QUOTING and Path(name).suffix in KINDS and (ROOT / name).is_file()
    ]


def banned(name: str) -> list[str]:
    """Return the places of a file that use a banned word."""
    return [
        f"{name}:{line}: {word!r} in {words.strip()}"
        for words, line in prose.of(ROOT / name)
        for word, pattern in BANNED.items()
        if re.search(pattern, words, re.IGNORECASE)
    ]


@pytest.mark.parametrize("room", sorted({name.partition("/")[0] for name in pages()}))
def test_words_are_plain(room):
    found = [place for name in pages() if name.partition("/")[0] == room for place in banned(name)]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(("sentence", "word"), [("It is computed anew.", "anew"), ("No look yet.", "look")])
def test_a_banned_word_is_found(sentence, word):
    assert re.search(BANNED[word], sentence, re.IGNORECASE)
