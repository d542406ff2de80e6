"""The prose of the project: pages, docstrings, comments, and text in strings, without code and names."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

NAMED = r"`[^`\n]*`|--[a-z-]+|\{[^{}\n]*\}"  # code and options in a sentence, and the values of an f-string
CODE = re.compile(rf"^```.*?^```$|<!--.*?-->|\]\([^)]*\)|https?://\S+|{NAMED}", re.DOTALL | re.MULTILINE)
TAGS = re.compile(r"<script.*?</script>|<style.*?</style>|\{[{%#].*?[}%#]\}|<[^>]*>", re.DOTALL)
QUOTED = re.compile(r'"[^"\n]*"')


class Text(NamedTuple):
    """A piece of prose, and the line that it begins at."""

    words: str
    line: int


def of(path: Path) -> Iterator[Text]:
    """Yield the pieces of prose in a page, a Python or JavaScript module, a template or a manifest."""
    text = path.read_text()
    if path.suffix == ".py":
        yield from _of_python(text)
        return
    if path.suffix == ".js":
        for number, line in enumerate(text.splitlines(), 1):
            yield from (Text(piece, number) for piece in re.findall(r'//.*|^\s*/?\*.*|"[^"]* [^"]* [^"]*"', line))
        return
    page = path.suffix == ".md"
    for pattern in (CODE, *([QUOTED] if page else [TAGS])):
        text = pattern.sub(lambda found: "\n" * found[0].count("\n"), text)  # so that lines keep their numbers
    lines = enumerate(text.splitlines(), 1)
    yield from (Text(line, number) for number, line in lines if not (page and line.startswith("    ")))  # code


def _of_python(text: str) -> Iterator[Text]:
    """Docstrings, comments, and strings of several words that are shown to somebody."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count(" ") > 2:
            bare = QUOTED.sub("", re.sub(NAMED, "", node.value))
            yield from (Text(line, node.lineno + more) for more, line in enumerate(bare.splitlines()))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield Text(re.sub(NAMED, "", token.string), token.start[0])
