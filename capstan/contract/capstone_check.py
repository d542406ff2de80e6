"""Check a task against the contract of capstones: what is missing, what is wrong."""

from datetime import timedelta
from typing import Any

from capstan.contract.bounds import Bound
from capstan.contract.capstone import CAPABILITIES, RESERVED, Capstone, Task, parts
from capstan.contract.feature_window import FeatureWindow
from capstan.contract.resources import problems as resource_problems
from capstan.contract.weights import problems as weights_problems
from capstan.errors import CapstanError

NEEDS = {"events": ("features", "endpoint"), "labels": ("endpoint",), "guards": ("endpoint",)}
NEEDS |= {"retraining": ("monitoring", "labels"), "replay": ("features", "retraining")}


def check(capstone: Capstone) -> None:
    """Raise CapstanError with everything that is missing from a task or wrong with it."""
    problems = [f"it lacks {', '.join(missing)}" for missing in [_missing(capstone, Task)] if missing]
    for capability in sorted(capstone.capabilities):
        if missing := _missing(capstone, CAPABILITIES[capability]):
            problems.append(f"its {capability} capability is incomplete: it lacks {', '.join(missing)}")
    for capability, protocol in CAPABILITIES.items():
        alone = [part for part in parts(protocol)[1] if part in capstone.stated]
        if alone and capability not in capstone.capabilities:
            problems.append(f"{', '.join(alone)} needs the {capability} capability")
    for capability, needed in NEEDS.items():
        if capability in capstone.capabilities and (lacking := sorted({*needed} - capstone.capabilities)):
            problems.append(f"its {capability} capability needs {' and '.join(lacking)}")
    problems = problems or _wrong(capstone)
    if problems:
        raise CapstanError(
            f"pipelines/{capstone.name}/task.py is not complete: {'; '.join(problems)}. "
            "See capstan/contract/capstone.py for what each name is."
        )


def _missing(capstone: Capstone, protocol: type) -> list[str]:
    return [part for part in parts(protocol)[0] if part not in capstone.stated]


def _wrong(capstone: Capstone) -> list[str]:
    problems = []
    if isinstance(capstone.FAMILIES, str):
        problems.append('FAMILIES is a tuple of names, such as ("torch",)')
    problems += resource_problems(capstone.RESOURCES, capstone.LIMITS)
    problems += weights_problems(capstone.WEIGHTS, capstone.train)
    if not capstone.THRESHOLDS or not all(isinstance(bound, Bound) for bound in capstone.THRESHOLDS.values()):
        problems.append("THRESHOLDS maps a metric to at_least(...) or at_most(...), at least one")
    for name in ("Request", "Prediction", "Event"):
        fields = _fields(capstone, name)
        if name in capstone.stated and fields is None:
            problems.append(f"{name} is not a pydantic model")
        elif name == "Prediction" and (taken := sorted(RESERVED & set(fields or ()))):
            problems.append(f"Prediction may not have the fields {', '.join(taken)}: every answer has its own")
    problems += _unlike(capstone)
    if "labels" in capstone.capabilities and not _is_type(capstone.Actual):
        problems.append("Actual is not a type that pydantic can read, such as bool, float or a model")
    if not isinstance(capstone.ACTUAL_DELAY, timedelta | None):
        problems.append("ACTUAL_DELAY is not a timedelta")
    if not isinstance(capstone.FEATURE_WINDOW, FeatureWindow | None):
        problems.append("FEATURE_WINDOW is not a FeatureWindow")
    elif capstone.FEATURE_WINDOW:
        problems += capstone.FEATURE_WINDOW.problems()
    return problems


def _unlike(capstone: Capstone) -> list[str]:
    """Return why the outcome cannot be found in the answers: what was predicted and what became true need two names."""
    outcome, answered, asked = capstone.OUTCOME, _fields(capstone, "Prediction"), _fields(capstone, "Request")
    if outcome is None or not answered:
        return []
    problems = []
    if outcome.prediction not in answered:
        problems.append(f"the prediction of OUTCOME, {outcome.prediction}, is no field of Prediction")
    if outcome.target in answered or outcome.target in (asked or ()):
        problems.append(f"the target of OUTCOME, {outcome.target}, is a field of the endpoint: give the label another")
    return problems


def _fields(capstone: Capstone, name: str) -> dict[str, Any] | None:
    """Return the fields of a pydantic model of the task; None when it has none of that name, or it is another thing."""
    return getattr(vars(capstone).get(name), "model_fields", None)


def _is_type(annotation: Any) -> bool:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        TypeAdapter(annotation).json_schema()
    except (PydanticUserError, NameError):
        return False
    return True
