"""The file of CAPSTAN_SCHEDULING: what Kubernetes would refuse is an error before a pod is made.

queue: team-a
queue_priority: nightly
priority_class: low
node_selector: {pool: team-a}
tolerations:
- {key: team, value: a, effect: NoSchedule}
gpu:
  resource: nvidia.com/mig-1g.10gb
  node_selector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
ray: {min_workers: 1}
"""

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from capstan.contract.resources import GPU
from capstan.errors import CapstanError
from capstan.settings import PREFIX, settings

VARIABLE = f"{PREFIX}SCHEDULING"


def _like(pattern: str, example: str) -> AfterValidator:
    def check(value: str) -> str:
        if value and not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is no name that Kubernetes takes, such as {example}")
        return value

    return AfterValidator(check)


NAME = r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
Name = Annotated[str, _like(NAME, "team-a")]  # of an object
Key = Annotated[str, _like(rf"({NAME}/)?{WORD}", "nvidia.com/gpu")]  # of a label, a taint or a resource
Value = Annotated[str, _like(WORD, "team-a")]  # of a label or a taint


class Part(BaseModel):
    """A mapping of the file: an unknown name or a wrong type is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Toleration(Part):
    """A taint that a pod tolerates, as in a pod's specification."""

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


class Gpu(Part):
    """Pods with a GPU: the resource that they ask for, and more labels of their nodes."""

    resource: Key = GPU
    node_selector: dict[Key, Value] = {}


class Ray(Part):
    """Training jobs: a RayCluster to train on, or how many workers a cluster of their own keeps; by default all."""

    cluster: Name = ""
    min_workers: int | None = Field(None, ge=0)


class Scheduling(Part):
    """Where pods go on a cluster that others share. `docs/kubernetes.md` says what reaches which pods."""

    queue: Name = ""
    queue_priority: Name = ""
    priority_class: Name = ""
    node_selector: dict[Key, Value] = {}
    tolerations: list[Toleration] = []
    gpu: Gpu = Gpu()
    ray: Ray = Ray()

    @model_validator(mode="after")
    def _has_a_queue(self) -> Self:
        if self.queue_priority and not self.queue:
            raise ValueError("queue_priority orders what waits in a queue; state the queue, too")
        return self

    def text(self) -> str:
        """Return it as the value of the setting, in one line; "" when it says nothing."""
        fields = self.model_dump(exclude_defaults=True)
        line = yaml.safe_dump(fields, default_flow_style=True, width=float("inf"), sort_keys=False)
        return str(line).strip() if fields else ""


def scheduling() -> Scheduling:
    """Return what the setting says. Raises CapstanError, which names the place of a wrong value."""
    return _read(settings().scheduling)


@cache
def _read(value: str) -> Scheduling:
    try:
        content = yaml.safe_load(value)
        if isinstance(content, str):  # no mapping, so it is a path
            content = yaml.safe_load(Path(content).read_text())
        return Scheduling.model_validate({} if content is None else content)
    except OSError as error:
        raise CapstanError(
            f"{VARIABLE}: {error.filename}: {error.strerror}. Give the path of a YAML file, or its text."
        ) from None
    except yaml.YAMLError as error:
        raise CapstanError(f"{VARIABLE}: it is no YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        wrong = [f"{VARIABLE}: {_place(problem['loc'])}{problem['msg']}." for problem in error.errors()]
        raise CapstanError(f"{' '.join(wrong)} docs/kubernetes.md describes the file.") from None


def _place(location: tuple[int | str, ...]) -> str:
    """Return where a value is, such as "tolerations[0].effect: "."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location if part != "[key]"]
    return f"{''.join(parts).removeprefix('.')}: " if parts else ""
