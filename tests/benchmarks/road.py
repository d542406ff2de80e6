"""`capstan run flight_delay` on all flights with an empty cache, again with a full one, then the endpoint.

`--beside CHECKOUT` times the same commands of another checkout too, with its own `.venv`, each run in turn with ours.
"""

import resource
import shutil
import statistics
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from tests.benchmarks import endpoint, figures, stack, steps

ROUNDS = 2  # next to another checkout, whose runs take turns with ours
OWN = Path(sys.executable).with_name("capstan")
FIRST, CACHED = "`capstan run flight_delay`, 336,776 flights", "the same again, cached"


def rows(beside: Path | None = None, size: float = 1.0, on: stack.Flagship | None = None) -> list[dict]:
    """Return wall times, the largest process of the first run, the metrics, the time of each step, and the other's.

    On a given stack, no run has an empty cache.
    """
    with nullcontext(on.env) if on else stack.environment() as env:
        seconds, summaries = zip(*(_timed(env) for _ in range(2)), strict=True)
        # The largest process among all that were started and waited for, here or by those.
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        latency = endpoint.rows(
            int(env["CAPSTAN_ENDPOINT_PORT"]), summaries[0]["training_set"], round(size * endpoint.REQUESTS)
        )
        first, cached = (steps.read(Path(summary["log"])) for summary in summaries)
        listed = {} if on else steps.read(Path(_listing_imports(env)["log"]))
    scores = summaries[0]["scores"]
    assert summaries[0]["version"] == summaries[1]["version"], "the second run registered another version"
    lines = [
        {"what": FIRST, "goal": "at most 70 s", "measured": f"{seconds[0]:.1f} s"},
        {"what": CACHED, "goal": "at most 6 s", "measured": f"{seconds[1]:.1f} s"},
        {"what": "peak memory of the largest process", "goal": "under 4 GB", "measured": f"{peak:.2f} GiB"},
        *latency,
        {"what": "test ROC AUC", "goal": "0.77", "measured": f"{scores['roc_auc']:.4f}"},
        {"what": "test Brier score", "goal": "", "measured": f"{scores['brier']:.4f}"},
        {"what": "expected calibration error", "goal": "", "measured": f"{scores['calibration_error']:.4f}"},
        *steps.rows(first, cached, listed, list(seconds)),
    ]
    return lines + (compare(beside) if beside else [])


def compare(beside: Path, rounds: int = ROUNDS) -> list[dict]:
    """Return the times of this checkout and of another: fresh stacks, in turn; the median of the rounds."""
    rival = beside / ".venv" / "bin" / "capstan"
    if not rival.exists():
        raise FileNotFoundError(f"{rival} is missing: run `make install` in {beside}.")
    times: dict[tuple[str, Path], list[float]] = {(what, path): [] for what in (FIRST, CACHED) for path in (OWN, rival)}
    for number in range(rounds):
        paths = (OWN, rival) if number % 2 == 0 else (rival, OWN)
        with stack.environment(str(paths[0])) as first, stack.environment(str(paths[1])) as second:
            for what in (FIRST, CACHED):
                for path, env in zip(paths, (first, second), strict=True):
                    times[what, path].append(_timed(env, str(path))[0])
                    print(f"{path}: {what}: {times[what, path][-1]:.1f} s", flush=True)
    medians = {key: statistics.median(each) for key, each in times.items()}
    return [
        {
            "compared": what,
            "ours": medians[what, OWN],
            "other": medians[what, rival],
            "ratio": medians[what, OWN] / medians[what, rival],
            "rounds": rounds,
        }
        for what in (FIRST, CACHED)
    ]


def table(lines: list[dict]) -> str:
    """Return the figures, the steps and the comparison as Markdown."""
    parts = [figures.table([line for line in lines if "what" in line])]
    if of_steps := [line for line in lines if "step" in line]:
        parts += ["", steps.table(of_steps)]
    if compared := [line for line in lines if "compared" in line]:
        rounds = compared[0]["rounds"]
        parts += ["", f"| median of {rounds} runs, in turn | this checkout | the other | ratio |"]
        parts += ["| --- | ---: | ---: | ---: |"]
        parts += [
            f"| {line['compared']} | {line['ours']:.1f} s | {line['other']:.1f} s | {line['ratio']:.2f} |"
            for line in compared
        ]
    return "\n".join(parts)


def _timed(env: dict[str, str], command: str = str(OWN)) -> tuple[float, dict]:
    began = time.monotonic()
    summary = stack.run(env, command=command)
    return time.monotonic() - began, summary


def _listing_imports(env: dict[str, str]) -> dict:
    """Run once more with an empty cache, and Python's list of imports in the log; its times do not count."""
    shutil.rmtree(Path(env["CAPSTAN_HOME"], "cache", "flight_delay"))
    return stack.run(env | {"PYTHONPROFILEIMPORTTIME": "1"})
