"""`python -m tests.benchmarks.circle`: a quarter of flights, replayed with the retraining loop off and on.

Each replay has its own state folder below `--out`, where one that was interrupted goes on. It prints the times of
each, its decisions, and how both rank the same flights of the last month; `--json` as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd

from monitoring.comparison import compare
from predictions.labelled import labelled
from predictions.labels import LabelStore
from tests.benchmarks.stack import CAPSTAN
from tests.support.processes import free_port

NAME, OUTCOME = "flight_delay", "probability"
FIRST, LAST = "2013-10-01", "2013-12-30"  # the data end with the flights of the 30th in UTC
LAST_MONTH = pd.Timestamp("2013-12-01", tz="UTC")
PORTS = ("MLFLOW", "ENDPOINT", "GRPC", "EVIDENTLY")
KEY = ["prediction_time", "asked"]


def replay(home: Path, first: str, last: str, *options: str) -> dict[str, Any]:
    """Replay in a state folder; return what the command reports, and the decisions."""
    env = os.environ | {"CAPSTAN_HOME": str(home)} | {f"CAPSTAN_{name}_PORT": str(free_port()) for name in PORTS}
    try:
        report = _capstan(env, "replay", NAME, "--from", first, "--to", last, "--json", *options)
        decisions = _capstan(env, "history", NAME, "--json")
    finally:
        subprocess.run([CAPSTAN, "down"], env=env, stdout=subprocess.DEVNULL, check=False)
    return report | {"history": decisions}


def _capstan(env: dict[str, str], *arguments: str) -> Any:
    done = subprocess.run([CAPSTAN, *arguments], env=env, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def answers(home: Path) -> pd.DataFrame:
    """Return the labelled answers that clients got in the last month, a line per flight."""
    folder = home / "predictions"
    labels = LabelStore(f"sqlite:///{folder / 'labels.db'}")
    log = labelled(NAME, since=LAST_MONTH.to_pydatetime(), folder=folder, labels=labels)
    log = log[log["variant"] != "shadow"]
    answered = log.assign(
        asked=[json.dumps(inputs, sort_keys=True, default=str) for inputs in log["inputs"]],
        score=[answer[OUTCOME] for answer in log["prediction"]],
        label=log["label"].astype(int),
    )
    return answered.drop_duplicates(KEY)[[*KEY, "score", "label"]]


def last_month(off: Path, on: Path) -> str:
    """Return how the answers with the retraining loop rank the flights of the last month, next to those without it."""
    both = answers(off).merge(answers(on), on=KEY, suffixes=("_off", "_on"), validate="one_to_one")
    days = both["prediction_time"].dt.tz_localize(None).to_numpy().astype("datetime64[D]").astype(int)
    result = compare(both["label_off"].to_numpy(), *(both[f"score_{name}"].to_numpy() for name in ("off", "on")), days)
    return result.message.replace("the champion's", "the first champion's, without the retraining loop,")


def main() -> None:
    """Replay twice, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="first", default=FIRST)
    parser.add_argument("--to", dest="last", default=LAST)
    parser.add_argument("--out", type=Path, default=Path("build/circle"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    homes = {name: (options.out / name).resolve() for name in ("on", "off")}
    results: dict[str, Any] = {}
    for name, home in homes.items():
        home.mkdir(parents=True, exist_ok=True)
        results[name] = replay(home, options.first, options.last, *(["--circle"] if name == "on" else []))
    results["last_month"] = last_month(homes["off"], homes["on"])
    print(json.dumps(results, indent=1) if options.json else text(results))


def text(results: dict[str, Any]) -> str:
    """Return a report for people."""
    lines = []
    for name in ("off", "on"):
        part = results[name]
        seconds = part["seconds"]
        lines += [
            f"circle {name}: {part['predictions']:,} predictions, {part['labels']:,} labels, {part['alerts']} alerts"
        ]
        lines += [
            f"  {sum(seconds.values()):,.0f} s: " + ", ".join(f"{key} {value:,.0f}" for key, value in seconds.items())
        ]
        lines += [f"  {message}" for message in part["performance"] if "roc_auc" in message]
        lines += [
            f"  {event['at'][:10]}  {event['kind']:<11} {event['version']:>3}  {event['reason']}"
            for event in part["history"]
            if event["kind"] not in ("alert", "cleared")
        ]
    return "\n".join([*lines, "the last month, the same flights, circle on:", f"  {results['last_month']}"])


if __name__ == "__main__":
    main()
