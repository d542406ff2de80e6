"""The commands of a documentation page, as a reader would type them.

A fence that begins with ```bash has commands. A word after it says what they are: `background` is for those that go on
until Ctrl-C, `example` for those that depend on the reader's cluster or delete it.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```bash(?: (?P<kind>\w+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
KINDS = ("", "background", "example")


@dataclass(frozen=True)
class Command:
    """A command, where it stands, and its kind."""

    text: str
    line: int
    kind: str = ""

    @property
    def words(self) -> list[str]:
        """Return the words of the command, without the variables that it sets."""
        words = shlex.split(self.text)
        while words and re.match(r"\w+=", words[0]):
            words.pop(0)
        return words


def commands(page: Path) -> Iterator[Command]:
    """Yield the commands of a page, in order."""
    text = page.read_text()
    for fence in FENCE.finditer(text):
        kind = fence["kind"] or ""
        assert kind in KINDS, f"{page.name}: a fence is of the kind {kind!r}; there are {KINDS}"
        first = text.count("\n", 0, fence.start("text")) + 1
        yield from _split(fence["text"], first, kind)


def _split(text: str, first: int, kind: str) -> Iterator[Command]:
    """Yield the commands of a fence. One goes on while its line ends with \\ or a quotation mark is open."""
    waiting: list[str] = []
    for number, line in enumerate(text.splitlines(), first):
        if not waiting and (not line.strip() or line.startswith("#")):
            continue
        waiting.append(line)
        whole = "\n".join(waiting)
        if not line.endswith("\\") and _closed(whole):
            yield Command(whole.replace("\\\n", " "), number - len(waiting) + 1, kind)
            waiting = []
    assert not waiting, f"line {first}: the last command does not end"


def _closed(text: str) -> bool:
    try:
        shlex.split(text)
    except ValueError:
        return False
    return True
