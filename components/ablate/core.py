"""Ablate: measure what each group of inputs is worth, by training with one more group each time."""

from typing import Any

from capstan.catalogue import load
from capstan.contract.arguments import coerce_parameters
from capstan.data.files import read_tables, write_markdown_table
from capstan.errors import CapstanError
from capstan.inputs import weights_files


def ablate(
    capstone: str, train: str, test: str, table: str, parameters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return the metrics on `test` of models with one, two and so on of the task's INPUT_GROUPS.

    The task's `train` must have a parameter `inputs`. The metrics are also written to the file `table`, as Markdown.
    """
    task = load(capstone)
    groups = task.INPUT_GROUPS
    if not groups:
        raise CapstanError(f"pipelines/{capstone}/task.py has no INPUT_GROUPS to measure.")
    options = coerce_parameters(capstone, task.train, {"inputs": []} | (parameters or {}))
    if task.WEIGHTS:
        options["weights"] = weights_files.fetch_all(task.WEIGHTS)
    past, future = read_tables(train), read_tables(test)
    inputs: list[str] = []
    lines: list[dict[str, Any]] = []
    for group, columns in groups.items():
        inputs = inputs + columns
        model = task.train(past, **options | {"inputs": inputs})
        result = task.evaluate(model, future).metrics
        lines.append({"inputs": f"+ {group}" if lines else group, "columns": len(inputs)} | result)
    write_markdown_table(lines, table)
    return lines
