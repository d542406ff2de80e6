"""Answers that were generated before: an assistant is measured again with every candidate, which takes minutes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.data.files import digest, read_json, write_json
from capstan.settings import settings
from capstan.versions.code import imported

if TYPE_CHECKING:
    from pipelines.alignment.model import Assistant


def of(model: Assistant, prompts: Sequence[str], tokens: int) -> list[str]:
    """Return the answer to each prompt, of so many tokens at most: from a file under CAPSTAN_HOME, or made and kept.

    The file is of what the model is made of and of the code, by digest; it has each answer by its prompt's digest.
    """
    code = imported([Path(__file__).parent / "model.py"])
    made_of = digest(str(tokens), version("torch"), *code, *model.made_of)
    path = settings().home / "answers" / "alignment" / f"{made_of}.json"
    kept = read_json(path) if path.is_file() else {}
    wanted = {digest(prompt): prompt for prompt in prompts}
    if missing := {key: prompt for key, prompt in wanted.items() if key not in kept}:
        kept |= dict(zip(missing, model.answers([*missing.values()], tokens), strict=True))
        write_json(kept, path)
    return [str(kept[digest(prompt)]) for prompt in prompts]
