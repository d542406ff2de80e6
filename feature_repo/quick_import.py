"""Feast, imported in half of the time, for a process that defines nothing."""

import sys
from importlib import import_module
from typing import Any


def import_feast() -> None:
    """Import Feast without its type checks at run time.

    Feast has typeguard compile the classes of definitions again at each import, which takes 2.7 of 5.7 s. A server only
    opens what the steps of a run have defined, and these have the checks.
    """
    if "feast" in sys.modules:
        return
    typeguard: Any = import_module("typeguard")
    checked, typeguard.typechecked = typeguard.typechecked, _unchecked
    try:
        import_module("feast")
    finally:
        typeguard.typechecked = checked


def _unchecked(target: Any) -> Any:
    return target
