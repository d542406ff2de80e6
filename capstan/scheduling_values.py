"""Types of the settings for a shared cluster: what Kubernetes would refuse is an error before a pod is made."""

import json
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_settings import NoDecode


def _from_json(value: object) -> object:
    """Return what a text says as JSON. Raises ValueError."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"it is no JSON ({error})") from None


def _like(pattern: str, example: str) -> AfterValidator:
    def check(value: str) -> str:
        if value and not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is no name that Kubernetes takes, such as {example}")
        return value

    return AfterValidator(check)


JSON = (NoDecode, BeforeValidator(_from_json))  # so that a text that is no JSON is an error like the others
NAME = r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
Name = Annotated[str, _like(NAME, "team-a")]  # of an object
Key = Annotated[str, _like(rf"({NAME}/)?{WORD}", "nvidia.com/gpu")]  # of a label, a taint or a resource
Value = Annotated[str, _like(WORD, "team-a")]  # of a label or a taint


class Toleration(BaseModel):
    """A taint that a pod tolerates, as in a pod's specification."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: Key | None = None
    operator: Literal["Equal", "Exists"] | None = None
    value: Value | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    tolerationSeconds: int | None = None  # Kubernetes' name

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.operator == "Exists" and self.value:
            raise ValueError("with the operator Exists it has no value")
        if self.operator != "Exists" and not self.key:
            raise ValueError("it needs a key, or the operator Exists for every taint")
        if self.tolerationSeconds is not None and self.effect != "NoExecute":
            raise ValueError("tolerationSeconds needs the effect NoExecute")
        return self

    def spec(self) -> dict[str, Any]:
        """Return it for a pod."""
        return self.model_dump(exclude_none=True)


Images = Annotated[dict[str, str], *JSON]
Labels = Annotated[dict[Key, Value], *JSON]
Tolerations = Annotated[list[Toleration], *JSON]
