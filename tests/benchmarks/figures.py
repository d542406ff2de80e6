"""A table of figures: what, the goal, what was measured."""


def table(rows: list[dict]) -> str:
    """Return rows of what, goal and measured as Markdown."""
    lines = ["| what | goal | measured |", "| --- | ---: | ---: |"]
    return "\n".join(lines + [f"| {row['what']} | {row['goal']} | {row['measured']} |" for row in rows])
