"""`capstan cluster up` when nothing changed and after an edit; the size of the image; a pod's cold start."""

import json
import subprocess

from capstan import image_names as images
from tests.benchmarks import figures
from tests.benchmarks.cluster import checkout, cold_start, fresh, need
from tests.e2e.endpoint import CAPSTONE

TEXT = """
`capstan cluster up --json` on a cluster that has everything: with this checkout, then with a copy in which the task
was edited, so that the image's last layer is built and handed over. Pods get that layer when the next one starts. The
cold start is from the creation of the pod, whose predecessor was deleted, to its condition `Ready`, with the image on
the node. What a new cluster took is from the times of its objects: the node's container, the Deployments'
`Available`. Images had been handed over before. Times of Kubernetes are whole seconds."""


def rows() -> list[dict]:
    """Return the parts of both, the image's size, the cold start, and what a new cluster took."""
    need.cluster()
    image = images.image(CAPSTONE)
    again = checkout.up()
    with checkout.edited() as copy:
        edit = checkout.up(copy)
    before, after = ({step["step"]: step["seconds"] for step in each["steps"]} for each in (again, edit))
    parts = [{"part": name, "again": before[name], "edited": after[name]} for name in before]
    parts += [{"part": "all", "again": again["seconds"], "edited": edit["seconds"]}]
    return [*parts, *_sizes(image), *cold_start.rows(), *fresh.rows()]


def table(lines: list[dict]) -> str:
    """Return the parts and the other figures as Markdown, with what they mean."""
    parts = ["| `capstan cluster up` | nothing changed | after an edit |", "| --- | ---: | ---: |"]
    parts += [f"| {row['part']} | {row['again']:.1f} s | {row['edited']:.1f} s |" for row in lines if "part" in row]
    return "\n".join([*parts, "", figures.table([row for row in lines if "what" in row]), TEXT])


def _sizes(image: str) -> list[dict]:
    [details] = json.loads(_docker("image", "inspect", image))
    lines = _docker(
        "history", "--human=false", "--no-trunc", "--format", "{{.Size}} {{.CreatedBy}}", image
    ).splitlines()
    # From the last line of the Dockerfile up to where the code is copied: what travels after an edit.
    code = 0
    for size, command in (line.split(" ", 1) for line in lines):
        code += int(size)
        if command.startswith("COPY") or "COPY dir:" in command:
            break
    return [
        {"what": "image of the flagship", "goal": "", "measured": f"{details['Size'] / 1e9:.2f} GB"},
        {
            "what": "of it the capstone's layer, which is all that an edit of it changes",
            "goal": "",
            "measured": f"{code / 1e6:.2f} MB",
        },
    ]


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout
