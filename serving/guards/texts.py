"""What a capstone's own guards refuse: texts that people wrote, by Evidently's guardrails."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kserve.errors import InvalidInput
from pydantic import BaseModel
from pydantic.fields import FieldInfo

if TYPE_CHECKING:
    from evidently.guardrails.core import GuardrailBase

TEXT = "text/plain"  # the contentMediaType of such a field


class Stopped(InvalidInput):
    """A text that a guard refuses. `guard` is its name, `code` OpenAI's word for it."""

    code = "content_filter"

    def __init__(self, message: str, guard: str):
        super().__init__(message)
        self.guard = guard


class TextGuards:
    """The guards of a capstone, by their names, over the texts of its requests."""

    def __init__(self, guards: "Mapping[str, GuardrailBase]", request_type: type[BaseModel]):
        self.guards = guards
        if guards:  # whose module has imported evidently, which takes seconds
            from evidently.guardrails import GuardException

            self.refusal = GuardException
        self.fields = [name for name, field in request_type.model_fields.items() if _is_text(field)] if guards else []

    def check(self, position: int, request: BaseModel) -> None:
        """Raise Stopped for the first text of a row that a guard refuses."""
        for field in self.fields:
            for name, guard in self.guards.items():
                try:
                    guard.validate(getattr(request, field))
                except self.refusal:
                    raise Stopped(f"row {position}, {field}: the guard {name!r} refuses this text.", name) from None


def _is_text(field: FieldInfo) -> bool:
    more = field.json_schema_extra
    return isinstance(more, dict) and more.get("contentMediaType") == TEXT
