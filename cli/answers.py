"""Predictions as people read them: names and units of the schema, rounded numbers, tables for lists."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

SHARE = {"minimum": 0, "maximum": 1}
ROWS, ITEMS, LETTERS = 10, 5, 500  # shown of a table, of a list in a line, and of a text


class Answers:
    """Shows the answers of one model. schema: the JSON schema of its predictions."""

    def __init__(self, schema: Mapping[str, Any]):
        self.about = " ".join(schema.get("description", "").split())
        self.fields: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
        self._types = schema.get("$defs", {})

    def show(self, answers: Sequence[Mapping[str, Any]]) -> RenderableType:
        """Return all answers: in one table where each is a few plain values, else one after the other."""
        if len(answers) > 1 and not any(_is_large(answer.get(name)) for answer in answers for name in self.fields):
            table = Table(*self.fields, "version", "prediction", box=None)
            for answer in answers:
                values = [escape(self._plain(answer.get(name), self.fields[name])) for name in self.fields]
                table.add_row(*values, answer["model_version"], _id(answer))
            return Group(*self._title(), table)
        return Group(*self._title(), *(self._answer(answer) for answer in answers))

    def _title(self) -> list[RenderableType]:
        return [Text(self.about, "dim")] if self.about else []

    def _answer(self, answer: Mapping[str, Any]) -> RenderableType:
        width = max(map(len, self.fields), default=0) + 2
        lines: list[RenderableType] = []
        for name, field in self.fields.items():
            value = answer.get(name)
            if isinstance(value, list | dict) and (table := self._table(value, field)):
                lines += [name, Padding(table, (0, 0, 0, 2), expand=False)]
            else:
                about = "" if isinstance(value, list) else field.get("description", "")
                why = f"  [dim]{escape(about)}[/]" if about else ""
                lines.append(f"{name:<{width}}[bold]{escape(self._plain(value, field))}[/]{why}")
        lines.append(f"version {answer['model_version']}  {_id(answer)}")
        for what in ("missing", "expired", "future"):
            if names := answer.get(f"{what}_features"):
                lines.append(f"[yellow]{what}:[/] {', '.join(names)}")
        return Group(*lines)

    def _table(self, value: Any, field: Mapping[str, Any]) -> Table | None:
        """Return a table of records, of rows of numbers, or of names with values; None of anything else."""
        if isinstance(value, dict):
            of = SHARE if field.get("display") == "classes" else {}
            likeliest = sorted(value, key=lambda name: -value[name]) if of else value
            rows = [{"": name, " ": value[name]} for name in likeliest]
            return _drawn(rows, lambda _name, cell: self._plain(cell, of)) if rows else None
        if value and all(isinstance(row, dict) for row in value):
            types = self._types.get(field.get("items", {}).get("$ref", "").rpartition("/")[2], {}).get("properties", {})
            return _drawn(value, lambda name, cell: self._plain(cell, types.get(name, {})))
        if value and all(isinstance(row, list) and row and not any(map(_is_large, row)) for row in value):
            names = [field.get("x", ""), *(f"{n}" if n > 1 else " " for n in range(1, max(map(len, value))))]
            rows = [dict(zip(names, row, strict=False)) for row in value]
            return _drawn(rows, lambda _name, cell: self._plain(cell, {}))
        return None

    def _plain(self, value: Any, field: Mapping[str, Any]) -> str:
        """Return a value in one line, with its unit."""
        if value is None or value == []:
            return "none"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int | float):
            return number(value, field)
        if isinstance(value, list):
            more = f", ... {len(value)} in all; --json shows them" if len(value) > ITEMS else ""
            return ", ".join(self._plain(item, {}) for item in value[:ITEMS]) + more
        if isinstance(value, dict):
            return ", ".join(f"{name} {self._plain(item, {})}" for name, item in value.items())
        text = str(value)
        return text if len(text) <= LETTERS else f"{text[:LETTERS]} ..."


def number(value: float, field: Mapping[str, Any]) -> str:
    """Return a number with its unit; a share of one without a unit in per cent."""
    unit = f" {field['unit']}" if field.get("unit") else ""
    if isinstance(value, int):
        return str(value) if field.get("display") == "identifier" or not unit else f"{value:,}{unit}"
    if not unit and (field.get("minimum"), field.get("maximum")) == (0, 1):
        return f"{value:.1%}".replace("%", " %")
    size = abs(value)
    if 0 < size < 1:
        return f"{value:.2g}{unit}"
    return f"{value:,.2f}{unit}" if size < 1_000 else f"{value:,.0f}{unit}"


def _drawn(rows: Sequence[Mapping[str, Any]], plain: Callable[[str, Any], str]) -> Table:
    """Return a table of the first rows. plain: writes the value of a column."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    numeric = {name for name in names if all(type(row.get(name)) in (int, float) for row in rows)}
    columns = [Column(name, justify="right" if name in numeric else "left") for name in names]
    table = Table(*columns, box=None, show_header=any(name.strip() for name in names))
    for row in rows[:ROWS]:
        table.add_row(*(escape(plain(name, row.get(name))) for name in names))
    if len(rows) > ROWS:
        table.add_row(f"... {len(rows)} in all; --json shows them")
    return table


def _is_large(value: Any) -> bool:
    return isinstance(value, list | dict)


def _id(answer: Mapping[str, Any]) -> str:
    return str(answer.get("prediction_id") or answer["id"])
