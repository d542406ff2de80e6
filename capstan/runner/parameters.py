"""The parameters that a user gives a pipeline."""

import json
from typing import Any

from capstan.errors import CapstanError, did_you_mean

# The Python types of kfp's parameters.
TYPES: dict[str, Any] = {"String": (str,), "Integer": (int,), "Float": (int, float), "Boolean": (bool,)}
TYPES |= {"List": (list,), "Dict": (dict,)}


def checked_parameters(capstone: str, pipeline: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with the types of the pipeline's. A text is read as JSON unless the pipeline takes a text.

    Raises CapstanError for one that the pipeline does not have, of another type, or that kfp cannot pass on.
    """
    inputs = pipeline.component_spec.inputs or {}
    checked: dict[str, Any] = {}
    for name, raw in parameters.items():
        if name not in inputs:
            hint = did_you_mean(name, inputs)
            raise CapstanError(f"{capstone} has no parameter {name!r}.{hint} It has: {', '.join(inputs)}.")
        kind = inputs[name].type
        value, types = raw if kind == "String" else _read(raw), TYPES[kind]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise CapstanError(f"The parameter {name!r} of {capstone} is of the type {kind}, and {raw!r} is not.")
        if isinstance(value, str) and json.dumps(value, ensure_ascii=False) != f'"{value}"':
            # kfp puts it between quotation marks as it is, where it is one of several parameters of a step.
            raise CapstanError(
                f"The parameter {name!r} of {capstone} has a quotation mark, a backslash or a line's end, which "
                "Kubeflow Pipelines cannot pass on. Give another text."
            )
        checked[name] = float(value) if kind == "Float" else value
    return checked


def _read(value: Any) -> Any:
    """Return what a text says, as JSON has it."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
