"""The parameters that a user gives a pipeline."""

from typing import Any

from capstan.errors import CapstanError, did_you_mean

# The Python types of kfp's parameters.
TYPES: dict[str, Any] = {"String": (str,), "Integer": (int,), "Float": (int, float), "Boolean": (bool,)}
TYPES |= {"List": (list,), "Dict": (dict,)}


def checked_parameters(capstone: str, pipeline: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with the types of the pipeline's.

    Raises CapstanError for one that the pipeline does not have, or of another type.
    """
    inputs = pipeline.component_spec.inputs or {}
    checked: dict[str, Any] = {}
    for name, value in parameters.items():
        if name not in inputs:
            hint = did_you_mean(name, inputs)
            raise CapstanError(f"{capstone} has no parameter {name!r}.{hint} It has: {', '.join(inputs)}.")
        kind = inputs[name].type
        types = TYPES[kind]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise CapstanError(f"The parameter {name!r} of {capstone} is of the type {kind}, and {value!r} is not.")
        checked[name] = float(value) if kind == "Float" else value
    return checked
