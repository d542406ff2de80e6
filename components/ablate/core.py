"""Ablate: what each group of inputs is worth, by training with one group more at a time."""

from pathlib import Path

import pandas as pd

from capstan.catalogue import load_task
from components.evaluate.metrics import score


def ablate(capstone: str, train: str, test: str, table: str, seed: int) -> list[dict]:
    """Return the metrics on `test` of models that know ever more of the task's INPUT_GROUPS; write a Markdown table."""
    task = load_task(capstone)
    past, future = pd.read_parquet(train), pd.read_parquet(test)
    inputs, lines = [], []
    for group, columns in task.INPUT_GROUPS.items():
        inputs = inputs + columns
        model = task.train(past, inputs, seed=seed, workers=0, tune=0)
        result = score(future[task.LABEL].to_numpy(), model.predict(None, future))
        lines.append({"inputs": f"+ {group}" if lines else group, "columns": len(inputs)} | result)
    header = list(lines[0])
    body = [[f"{value:.4f}" if isinstance(value, float) else str(value) for value in line.values()] for line in lines]
    divider = ["---"] + ["---:"] * (len(header) - 1)
    Path(table).parent.mkdir(parents=True, exist_ok=True)
    Path(table).write_text("".join(f"| {' | '.join(cells)} |\n" for cells in [header, divider, *body]))
    return lines
