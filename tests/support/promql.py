"""The expressions of the Prometheus rules and of the dashboard, and what they name."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.support.processes import ROOT

PROMETHEUS = ROOT / "monitoring" / "prometheus"
DASHBOARD = ROOT / "monitoring" / "grafana" / "dashboard.json"
# What Grafana puts in place of its variables: rates over as many seconds as suit a scrape interval of one.
VARIABLES = {"$__rate_interval": "10s", "$model": ".*"}
WORDS = {"and", "or", "unless", "offset", "bool"}


def rules(path: Path = PROMETHEUS / "rules.yaml") -> list[dict]:
    """Return the rules of a file."""
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def alerts() -> dict[str, dict]:
    """Return the rules that alert, by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def panels() -> list[dict]:
    """Return the panels of the dashboard that are no headings."""
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def queries() -> Iterator[tuple[str, str]]:
    """Yield the title of a panel and each of its queries, as Grafana would send it."""
    for panel in panels():
        for target in panel["targets"]:
            expression = target["expr"]
            for name, value in VARIABLES.items():
                expression = expression.replace(name, value)
            yield panel["title"], expression


def expressions() -> dict[str, str]:
    """Return all expressions of rules and dashboard, by what they are for."""
    by_name = {rule.get("alert") or rule["record"]: rule["expr"] for rule in rules()}
    for title, expression in queries():
        number = sum(name.startswith(f"{title} #") for name in by_name)
        by_name[f"{title} #{number}"] = expression
    return by_name


def selectors(expression: str) -> set[str]:
    """Return the selectors of an expression, such as `up{job="endpoint"}`, without their ranges."""
    texts: list[str] = []

    def put_aside(match: re.Match) -> str:
        texts.append(match[0])
        return f"\x00{len(texts) - 1}\x00"

    bare = re.sub(r"\{[^}]*\}", put_aside, expression)
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\b(by|on|without|ignoring)\s*\([^)]*\)', " ", bare)
    bare = re.sub(r"\boffset\s+\w+", " ", bare)
    names = re.finditer(r"\b([a-zA-Z_][\w:]*)\b(?!\s*\()(?:\x00(\d+)\x00)?", bare)
    return {name[1] + (texts[int(name[2])] if name[2] else "") for name in names if name[1] not in WORDS}


def metrics(expression: str) -> set[str]:
    """Return the names of the metrics of an expression."""
    return {selector.partition("{")[0] for selector in selectors(expression)}
