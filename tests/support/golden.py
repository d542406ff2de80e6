"""The compiled pipelines, as they are reviewed: the flagship's in full, a table of steps for every other capstone.

`python -m tests.support.golden` writes them, as `make golden` does.
"""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from capstan import catalogue, families
from capstan.image_names import image

FLAGSHIP = "flight_delay"
CHANNEL = re.compile(r"inputs\.parameter_values\['pipelinechannel--([\w-]+)'\]")
NOTE = "Written by `make golden`: read what changed.\n\n"


def file(capstone: str) -> Path:
    """Return the golden file of a capstone."""
    name = "pipeline.yaml" if capstone == FLAGSHIP else "steps.txt"
    return catalogue.folder(capstone) / "tests" / name


def content(capstone: str, compiled: str) -> str:
    """Return what the golden file of a capstone should be. `compiled` is the YAML of its pipeline."""
    text = compiled.replace(image(capstone), f"capstan:{'-'.join(families.of(capstone)) or 'core'}")
    return text if capstone == FLAGSHIP else NOTE + _parameters(text) + _table(text)


def _spec(text: str) -> dict[str, Any]:
    return next(part for part in yaml.load_all(text, yaml.CSafeLoader) if "deploymentSpec" in part)


def _parameters(text: str) -> str:
    """Return the parameters of a run with their defaults, and its outputs."""
    heads = re.findall(r"^#    (\w+: .*)$", text, re.MULTILINE)
    return "".join(f"{line}\n" for line in heads) + "\n"


def _table(text: str) -> str:
    rows = [("step", "after", "image", "cpu", "memory", "gpus", "cached")]
    spec = _spec(text)
    executors = spec["deploymentSpec"]["executors"]
    parts = [spec["root"], *(spec["components"][name] for name in sorted(spec["components"]))]
    for name, task in (item for part in parts for item in part.get("dag", {}).get("tasks", {}).items()):
        component = spec["components"][task["componentRef"]["name"]]
        after = ", ".join(task.get("dependentTasks", [])) or "-"
        if "executorLabel" not in component:
            condition = re.sub(CHANNEL, r"\1", task["triggerPolicy"]["condition"])
            rows.append((name, after, f"if {condition}", "", "", "", ""))
            continue
        container = executors[component["executorLabel"]]["container"]
        has = {key.removeprefix("resource"): value for key, value in container["resources"].items()}
        size = [f"{has[f'{kind}Request']} to {has[f'{kind}Limit']}" for kind in ("Cpu", "Memory")]
        gpus = str(container["resources"].get("accelerator", {}).get("resourceCount", "-"))
        cached = "yes" if task.get("cachingOptions", {}).get("enableCache") else "no"
        rows.append((name, after, container["image"].removeprefix("capstan:"), *size, gpus, cached))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the golden file of every capstone of the checkout."""
    from kfp import compiler

    for name in sys.argv[1:] or sorted(path.parent.name for path in catalogue.PIPELINES.glob("*/task.py")):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "pipeline.yaml"
            compiler.Compiler().compile(catalogue.load_pipeline(name), str(path))
            file(name).parent.mkdir(exist_ok=True)
            file(name).write_text(content(name, path.read_text()))


if __name__ == "__main__":
    main()
