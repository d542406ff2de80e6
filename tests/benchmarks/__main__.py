"""Measure the published figures and write docs/benchmarks.md.

    python -m tests.benchmarks [SECTION ...] [--print] [--beside CHECKOUT] [--measured FILE]

Sections: road, serving, load, hostile, explain, labels, features, offline_store, clone, kernels. These are measured
only when they are named, and need kubectl's current context to be a kind cluster with this checkout (`make cluster`),
which nobody else uses: cluster_up, cluster_image, cluster_run, cluster_endpoint, cluster_memory. Each keeps its last
result in docs/benchmarks.json, with the machine and the date, so that one can be measured again without the others.
`--print` writes nothing. `--beside` is of `road`. `kernels` measures on this machine's GPU, or takes what
`python -m kernels.benchmarks --json FILE` measured on another machine; without either it measures what a CPU can.
"""

import argparse
import json
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil

from capstan.settings import ROOT
from tests.benchmarks import clone, explain, features, hostile, kernels, labels, load, offline_store, road, serving
from tests.benchmarks.cluster import endpoint, image, memory, run, up

LOCAL = {
    "road": ("The whole road", road),
    "serving": ("The model server compared with others", serving),
    "load": ("Ten minutes of load", load),
    "hostile": ("While hostile requests are answered", hostile),
    "explain": ("Explanations", explain),
    "labels": ("Labels", labels),
    "features": ("Historical features, all flights", features),
    "offline_store": ("The offline store compared with Feast's own", offline_store),
    "clone": ("A fresh clone", clone),
    "kernels": ("Kernels", kernels),
}
CLUSTER = {
    "cluster_up": ("On a cluster: up to ready", up),
    "cluster_image": ("On a cluster: the image from nothing", image),
    "cluster_run": ("On a cluster: from submit to served", run),
    "cluster_endpoint": ("On a cluster: the endpoint in its pod", endpoint),
    "cluster_memory": ("On a cluster: memory", memory),
}
SECTIONS = LOCAL | CLUSTER
RESULTS, PAGE = ROOT / "docs" / "benchmarks.json", ROOT / "docs" / "benchmarks.md"


def main() -> None:
    """Measure the sections that are named, by default all that need no cluster, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], metavar="SECTION")
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT", help="road: time another checkout's run as well")
    parser.add_argument("--measured", type=Path, metavar="FILE", help="kernels: what another machine measured")
    parser.add_argument("--print", action="store_true", help="print the tables, and write no file")
    options = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in options.sections or LOCAL:
        print(f"measuring {name} ...", flush=True)
        load_before = psutil.getloadavg()[0]
        more = {"beside": options.beside.resolve()} if name == "road" and options.beside else {}
        if name == "kernels":
            more = {"measured": options.measured, "before": results.get(name, {}).get("rows")}
        rows = SECTIONS[name][1].rows(**more)
        print(SECTIONS[name][1].table(rows), flush=True)
        if options.print:
            continue
        results[name] = {"machine": machine(), "date": f"{datetime.now(UTC):%Y-%m-%d}", "rows": rows}
        if name in CLUSTER:  # other use of the machine shows here
            results[name]["load"] = f"{load_before:.1f} before and {psutil.getloadavg()[0]:.1f} after"
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        PAGE.write_text(page(results))
    if not options.print:
        print(f"wrote {PAGE}")


def machine() -> str:
    """Return cores, memory, processor and Python of this machine."""
    model = platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    gibibytes = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} cores, {gibibytes:.0f} GiB, {model}, Python {platform.python_version()}"


def page(results: dict) -> str:
    """Return the results as Markdown."""
    parts = [
        "# Benchmarks",
        "",
        "Written by `make bench`; nothing here is typed by hand. Single runs, as they came out.",
        "",
    ]
    for name, (title, module) in SECTIONS.items():
        if name in results:
            result = results[name]
            command = f"python -m tests.benchmarks {name}"
            where = f"{result['machine']}; load {result['load']}" if "load" in result else result["machine"]
            parts += [f"## {title}", "", f"`{command}`, {result['date']}: {where}.", ""]
            parts += [module.table(result["rows"]), ""]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
