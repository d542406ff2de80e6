"""The command of a lightweight component, as kfp compiles it: a shell script, the source, and its arguments."""

from collections.abc import Sequence

MODULE = "kfp.dsl.executor_main"


def source_of(command: Sequence[str]) -> str:
    """Return the source of the lightweight component that a command runs; "" for other commands."""
    return command[3] if is_lightweight(command) else ""


def arguments_of(command: Sequence[str]) -> list[str]:
    """Return the arguments of kfp's executor."""
    return list(command[4:])


def is_lightweight(command: Sequence[str]) -> bool:
    """Return whether a command only writes a source to a file and runs it. It then needs no shell."""
    script = command[2] if len(command) > 3 and list(command[:2]) == ["sh", "-ec"] else ""
    return MODULE in script and "pip install" not in script and "$program_path/ephemeral_component.py" in script
