"""Whole texts of an engine that makes parts of them: what is predicted of rows."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any, Protocol

from capstan.contract.cancellation import check
from capstan.contract.model import Columns, Engine
from capstan.errors import InvalidRow


class TextEngine(Engine, Protocol):
    """An engine that knows which of its texts go on."""

    @property
    def texts(self) -> Collection[Hashable]:
        """The handles of these texts."""


def of_rows(engine: TextEngine, columns: Columns, fields: Sequence[str]) -> dict[str, list[Any]]:
    """Return these fields of the prediction of each row, whose parts add up: `text` and `logprobs`.

    Raises InvalidRow with the number of a row that the engine does not take. No text goes on after an error.
    """
    answers: list[dict[str, Any]] = [{"text": "", "logprobs": []} for _ in next(iter(columns.values()))]
    row, rows = 0, dict[Hashable, int]()  # of each handle
    try:
        for row in range(len(answers)):
            rows[engine.admit({name: [values[row]] for name, values in columns.items()})] = row
        while engine.texts:
            check()
            for handle, part in engine.step():
                row = rows[handle]
                if isinstance(part, Exception):
                    raise part
                if part:
                    text, logprobs = answers[row]["text"] + part["text"], part.get("logprobs", [])
                    answers[row] |= dict(part) | {"text": text, "logprobs": answers[row]["logprobs"] + logprobs}
    except InvalidRow as error:
        raise InvalidRow(error.message, row, error.field) from None
    finally:
        for handle in [*engine.texts]:
            engine.cancel(handle)
    return {name: [answer[name] for answer in answers] for name in fields}
