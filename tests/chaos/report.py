"""docs/chaos.md: a table with a row for each target, the newest result of each."""

import platform
from datetime import UTC, datetime

from tests.chaos.targets import TARGETS
from tests.support.processes import ROOT

PAGE = ROOT / "docs" / "chaos.md"
HEAD = """# What happens when a part is lost

Written by `make chaos`; nothing here is typed by hand. Single tries, as they came out, on a kind cluster.
The column **nodes** says how many it had. With two, the overlay is `kind-nodes`: the endpoint has a pod on each,
and what has a volume is on the first.

Each part is struck while `flight_delay` runs and two clients ask its endpoint. A deleted pod gets a second to end.
On two nodes, each pod of the endpoint keeps its predictions on its own volume until they are sent, every 5 seconds:
with the pod or its node, the last of them are lost. A container that is killed loses none, and a pod that has its time
to end loses none.
The columns:

- **run**: how the run ended. Undisturbed, it takes about 110 s with 6 steps from the cache, and 216 s without.
- **silence**: the longest time between two answers of the endpoint, after the strike.
- **back**: how long it took until the part was ready again.
- **unanswered**: requests since the start of the run that got an error or no answer. In brackets: those whose client
  received no address, because the cluster's DNS was away.
- **lost**: predictions that were answered, and are not in the object store a while later.

| struck | how | nodes | after step | run | silence | back | answered | unanswered | lost | when |
| --- | --- | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |
"""
ORDER = [target.title for target in TARGETS]


def write(*cells: object) -> None:
    """Put a row into the page: the cells up to `lost`. It replaces the row of the same target."""
    rows = _rows()
    when = f"{datetime.now(UTC):%Y-%m-%d}"
    rows[str(cells[0])] = "| " + " | ".join(_clean(cell) for cell in (*cells, when)) + " |"
    lines = [rows[title] for title in ORDER if title in rows]
    PAGE.write_text(HEAD + "\n".join(lines) + "\n")


def _rows() -> dict[str, str]:
    if not PAGE.exists():
        return {}
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines}


def _clean(cell: object) -> str:
    """Return a cell's text: no bars, no line breaks, no folders of this machine."""
    text = " ".join(str(cell).replace("|", "/").split()).replace(f"{ROOT}/", "")
    return text.replace(platform.node(), "here") if platform.node() else text
