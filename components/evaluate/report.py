"""The evaluation as one self-contained HTML file: tables, SVG plots and paragraphs."""

import html
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from capstan.contract.evaluation import Evaluation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1d2733 }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .8rem; text-align: right; border-bottom: 1px solid #dde3ea }
th:first-child, td:first-child { text-align: left } svg { max-width: 100%; height: auto }
"""


def write(path: str, title: str, evaluation: Evaluation, rows: dict[str, int]) -> None:
    """Write the report of an evaluation. rows: the number of rows of each test table."""
    counted = ", ".join(f"{count:,} {name}" for name, count in rows.items())
    sections = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p>Measured on {html.escape(counted)}. The model has seen none of them.</p>",
        _table(pd.DataFrame(evaluation.metrics.items(), columns=["metric", "value"])),
    ]
    for section in evaluation.sections:
        sections += [f"<h2>{html.escape(section.title)}</h2>", _render(section.content)]
    body = "\n".join(sections)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    head = f'<meta charset="utf-8"><title>Evaluation</title><style>{STYLE}</style>'
    Path(path).write_text(f'<!doctype html><html lang="en">{head}{body}</html>')


def _render(content: Any) -> str:
    if isinstance(content, str):
        return "\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in content.split("\n\n"))
    return _table(content) if isinstance(content, pd.DataFrame) else _svg(content)


def _table(frame: pd.DataFrame) -> str:
    return str(frame.to_html(index=False, border=0, float_format=lambda value: f"{value:.4f}", na_rep="-"))


def _svg(figure: "Figure") -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg")
    return stream.getvalue()[stream.getvalue().index("<svg") :]
