"""Answers that were generated before: an assistant is measured again with every candidate, which takes minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capstan.data.files import digest, read_json, write_json
from capstan.settings import settings

if TYPE_CHECKING:
    from pipelines.alignment.model import Assistant


def of(model: Assistant, prompts: Sequence[str], tokens: int) -> list[str]:
    """Return the answer to each prompt, of so many tokens at most: those of a file under CAPSTAN_HOME, others are made.

    The file is of what the model is made of, by digest, and has each answer by the digest of its prompt.
    """
    path = settings().home / "answers" / f"{digest(str(tokens), *model.made_of)}.json"
    kept = read_json(path) if path.is_file() else {}
    wanted = {digest(prompt): prompt for prompt in prompts}
    if missing := {key: prompt for key, prompt in wanted.items() if key not in kept}:
        kept |= dict(zip(missing, model.answers([*missing.values()], tokens), strict=True))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(kept, path)
    return [str(kept[digest(prompt)]) for prompt in prompts]
