"""Parameters of a pipeline, with the types that a function of a task wants."""

import inspect
import json
from collections.abc import Callable
from typing import Any

from capstan.errors import CapstanError

PARAMETERS = "parameters.json"  # those of a run, defaults too: next to the rows to train on, and next to the model


def coerce_parameters(capstone: str, function: Callable[..., Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters of a task's function, next to its tables, with the types of their defaults.

    KFP passes numbers inside a dict as text or as doubles. Raises CapstanError for a parameter that the function lacks,
    or a value that does not fit.
    """
    known = dict(list(inspect.signature(function).parameters.items())[1:])
    if unknown := sorted(set(parameters) - set(known)):
        raise CapstanError(
            f"`{function.__name__}` of pipelines/{capstone}/task.py has no parameter {', '.join(unknown)}. It has: "
            f"{', '.join(known) or 'none'}."
        )
    return {name: _as(known[name].default, name, value) for name, value in parameters.items()}


def defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the defaults of the parameters of a task's function."""
    parameters = inspect.signature(function).parameters.items()
    return {
        name: parameter.default for name, parameter in parameters if parameter.default is not inspect.Parameter.empty
    }


def _as(default: object, name: str, value: Any) -> Any:
    if isinstance(value, str) and not isinstance(default, str):
        try:
            value = json.loads(value.lower() if isinstance(default, bool) else value)
        except (ValueError, RecursionError):
            raise CapstanError(
                f"The parameter {name} is {value!r:.200}; expected a {type(default).__name__}."
            ) from None
    if isinstance(default, int) and isinstance(value, float) and value.is_integer():
        return type(default)(value)
    return value
