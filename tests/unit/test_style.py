"""The words that `docs/style.md` bans are in no page, docstring, comment or message."""

import ast
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


EMPTY_NAMES = {"made", "said", "given", "one", "at"}  # of a variable: they say nothing of what it holds
KERNELS = {"kernels/attention.py", "kernels/int4_matmul.py"}  # a parameter that is bound again, and four numbers


def empty_names(name: str) -> list[str]:
    """Return the places of a module where a variable gets an empty name. A field of a class is public, and stays."""
    nodes = [*ast.walk(ast.parse((ROOT / name).read_text()))]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    fields = {line.target for node in classes for line in node.body if isinstance(line, ast.AnnAssign)}
    stored = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    return [f"{name}:{node.lineno}: {node.id}" for node in stored if node.id in EMPTY_NAMES and node not in fields]


def test_variables_say_what_they_hold():
    modules = [name for name in pages() if name.endswith(".py")]
    assert len(modules) > 2_000
    assert [place for name in modules if name not in KERNELS for place in empty_names(name)] == []
