"""Answers that were generated before: an assistant is measured again with every candidate, which takes minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capstan.data.files import digest, read_json, write_json
from capstan.settings import settings

if TYPE_CHECKING:
    from pipelines.alignment.model import Assistant


def of(model: Assistant, prompts: Sequence[str], tokens: int) -> list[str]:
    """Return the answer to each prompt, of so many tokens at most, from a file under CAPSTAN_HOME or generated now."""
    files = [*model.weight_files.values(), *model.artifacts.values()]
    path = settings().home / "answers" / f"{digest(*prompts, str(tokens), *files)}.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json({"answers": model.answers(prompts, tokens)}, path)
    return [str(answer) for answer in read_json(path)["answers"]]
