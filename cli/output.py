"""How commands print: JSON for scripts, Rich for people."""

import json
from typing import Any

from rich.console import Console

console = Console(highlight=False, soft_wrap=True)
if not console.is_terminal:
    console.width = 200  # a row of a table stays one line, for `grep`


def print_json(value: Any) -> None:
    """Print a value, as JSON alone, to standard output."""
    print(json.dumps(value, indent=2, default=str))
