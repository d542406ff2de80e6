"""`python -m pipelines.distributed_training.studies.schemes.timelines FILE`: who computes and who sends in one step."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from models.parallel.runner import Runner
from models.parallel.workers import Span
from pipelines.distributed_training.studies.schemes.study import ALL, text

DRAWN = ("data parallel", "ZeRO 2", "ZeRO 3", "tensor parallel", "GPipe", "1F1B", "ring attention")
COLOURS = {"compute": "C0", "forward": "C0", "backward": "C2", "send": "C3", "wait": "C1"}
NAMES = {"compute": "compute", "backward": "compute, backward", "send": "send", "wait": "wait for another stage"}


def draw(steps: Mapping[str, Sequence[Sequence[Span]]], file: Path) -> None:
    """Write the picture. steps: scheme -> the spans of each worker, on one clock."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import patches, pyplot

    figure, axes = pyplot.subplots(len(steps), figsize=(9, 1 + 0.7 * len(steps)), layout="constrained")
    for axis, (name, workers) in zip(axes, steps.items(), strict=True):
        first = min(begin for spans in workers for _, begin, _ in spans)
        for number, spans in enumerate(workers):
            for what, begin, end in spans:
                lane = -2 * number - (what in ("send", "wait"))
                axis.barh(lane, 1000 * (end - begin), left=1000 * (begin - first), color=COLOURS[what], height=0.9)
        axis.set_ylabel(name, rotation=0, ha="right", va="center")
        axis.set_yticks([])
    axes[-1].set_xlabel("ms")
    handles = [patches.Rectangle((0, 0), 1, 1, color=COLOURS[what]) for what in NAMES]
    figure.legend(handles, NAMES.values(), loc="outside upper center", ncols=len(NAMES), frameon=False)
    figure.savefig(file)
    pyplot.close(figure)


def main() -> None:
    """Train with two workers by each scheme, and draw the last step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="the picture to write")
    file, work = parser.parse_args().file, text()
    with Runner(2) as runner:
        steps = {
            name: [result.spans for result in runner.run(ALL[name], work.plan, work.data, work.plan.steps)]
            for name in DRAWN
        }
    draw(steps, file)


if __name__ == "__main__":
    main()
