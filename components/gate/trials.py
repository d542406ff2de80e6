"""Trials of a capstone's gate: random answers, which it must reject, and honest twins, which it must accept.

`studies/gate/answers.py` of a capstone says how both are made. Its study `gate` counts them on all data, tests on less.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from capstan import catalogue
from capstan.contract.bounds import Bound, of_test
from capstan.contract.evaluation import Evaluation
from capstan.contract.intervals import difference
from capstan.contract.model import Model
from capstan.data.files import read_tables, write_tables
from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from components.build_features.core import build_features
from components.evaluate import units
from components.gate import comparison

if TYPE_CHECKING:
    import pandas as pd

    Tables = dict[str, pd.DataFrame]
    Twin = Callable[[Tables, int, Mapping[str, Any]], Any]  # the tables to train on, a seed, parameters -> a model

SEEDS = 20
REFUSED = 0.01  # of honest twins: the share that the slack allows
DRAWS = 10_000


class Parts(NamedTuple):
    """The tables to train on and to test on."""

    past: "Tables"
    test: "Tables"


def parts(capstone: str, data_dir: Path | None) -> Parts:
    """Return the tables of a capstone, with features where it has them."""
    task = catalogue.load(capstone)
    tables = task.load(data_dir)
    if "features" in task.capabilities:
        with tempfile.TemporaryDirectory() as folder:
            write_tables(tables, f"{folder}/in")
            build_features(capstone, *(f"{folder}/{part}" for part in ("in", "features", "training_set", "counts")))
            tables = read_tables(f"{folder}/training_set")
    return Parts(*task.split(tables))


def another_seed(capstone: str) -> "Twin":
    """Return what makes an honest twin where a seed changes the training."""
    return lambda past, seed, parameters: catalogue.load(capstone).train(past, **parameters, seed=seed)


def study(
    capstone: str,
    random_answer: Callable[[Any, int], Any],
    twin: "Twin | None" = None,
    seeds: int = SEEDS,
    twin_seeds: int | None = None,
    during: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> Study:
    """Return the study `gate` of a capstone: random answers, and honest twins of the champion, whose seed is 0.

    random_answer: from a model and a seed to one that answers at random, in the same form. twin: by default that of
    another seed. Where a seed changes nothing, the rows are drawn again. twin_seeds: how many twins, where each takes
    minutes; by default one for each seed. during: what surrounds each training and evaluation, such as a memory of what
    they compute each time.
    """
    task, make_twin = catalogue.load(capstone), twin or another_seed(capstone)

    @cache
    def parameters() -> Mapping[str, Any]:
        needed = "weights" in signature(task.train).parameters
        return {"weights": weights_files.fetch_all(task.WEIGHTS)} if needed else {}

    @cache
    def tables() -> Parts:
        return parts(capstone, settings().data_dir)

    def evaluated(make: Callable[[], Any]) -> tuple[Model, Evaluation]:
        with during():
            model = make()
            return model, task.evaluate(model, tables().test)

    @cache
    def champion() -> tuple[Model, Evaluation]:
        return evaluated(lambda: task.train(tables().past, **parameters()))

    def random_answers(seed: int) -> Line:
        answer = evaluated(lambda: random_answer(champion()[0], seed))[1]
        return {"answers": "random", "reasons": alone(capstone, answer)}

    def twins(seed: int) -> Iterator[Line]:
        twin = evaluated(lambda: make_twin(tables().past, seed + 1, parameters()))[1]
        yield {"answers": "honest twins", "reasons": alone(capstone, twin)}
        yield from ({"part": "metrics"} | line for line in worse(task.THRESHOLDS, twin, champion()[1]))

    verdicts = Table({"answers": "answers"}, VERDICTS, rows=lambda lines: judged(task.THRESHOLDS, lines))
    slacks = Table({"metric": "metric"}, slack_columns(task.THRESHOLDS), "metrics")
    measures = [Measure(random_answers), Measure(twins, seeds=twin_seeds)]
    return Study(measures=measures, tables=[verdicts, slacks], seeds=seeds)


def alone(capstone: str, candidate: Evaluation) -> list[str]:
    """Return why the gate rejects a candidate where there is no champion; nothing where it accepts."""
    lines = comparison.alone(bounds_of(capstone, candidate), candidate.metrics, units.of(candidate))
    return [f"{line['metric']} against {line['against']}" for line in comparison.failed(lines)]


def bounds_of(capstone: str, candidate: Evaluation) -> Mapping[str, Bound]:
    """Return the bounds of a capstone for a test of as many units."""
    bounds = catalogue.load(capstone).THRESHOLDS
    return bounds if candidate.units is None else of_test(bounds, len(candidate.units))


def worse(bounds: Mapping[str, Bound], candidate: Evaluation, champion: Evaluation) -> Iterator[Line]:
    """Yield for each metric of units how much worse a candidate is than a champion, and half that interval's width."""
    own, rival = candidate.units, champion.units
    for metric, bound in bounds.items():
        if own is not None and rival is not None and metric in own:
            pair = own[metric].to_numpy(), rival[metric].to_numpy()
            gap = difference(*reversed(pair)) if bound.higher_is_better else difference(*pair)
            yield {"metric": metric, "worse": gap.mean, "width": (gap.high - gap.low) / 2}


def against_champion(bounds: Mapping[str, Bound], lines: list[Line]) -> list[str]:
    """Return why the gate rejects a twin whose `worse` is known."""
    return [
        f"{line['metric']} against the champion"
        for line in lines
        if line["worse"] + line["width"] > bounds[line["metric"]].slack
    ]


def judged(bounds: Mapping[str, Bound], lines: "pd.DataFrame") -> "pd.DataFrame":
    """Return a line for each random answer and each twin, with the reasons for which today's gate rejects it."""
    metrics = lines[lines["part"] == "metrics"]
    table = lines[lines["part"] != "metrics"].copy()
    table["reasons"] = [
        reasons
        if answers == "random"
        else [*reasons, *against_champion(bounds, metrics[metrics["seed"] == seed].to_dict("records"))]
        for answers, reasons, seed in zip(table["answers"], table["reasons"], table["seed"], strict=True)
    ]
    return table


def slack_needed(lines: "pd.DataFrame", share: float) -> float:
    """Return the slack that refuses a share of the twins. lines: of one metric, `worse` and `width` of each twin.

    A twin on other test rows is drawn: the difference of one of these, moved by the error of its mean.
    """
    random = np.random.default_rng(0)
    drawn = random.integers(len(lines), size=DRAWS)
    worse, width = lines["worse"].to_numpy()[drawn], lines["width"].to_numpy()[drawn]
    return float(np.quantile(worse + width / 1.96 * random.standard_normal(DRAWS) + width, 1 - share))


def slack_columns(bounds: Mapping[str, Bound]) -> dict[str, Callable[["pd.DataFrame"], str]]:
    """Return the columns of the table of slacks. The twins that may be refused are shared among the metrics."""
    return {
        "slack": lambda rows: f"{bounds[rows['metric'].iloc[0]].slack:.4g}",
        "slack that refuses 1 % of the twins": lambda rows: f"{slack_needed(rows, REFUSED / len(bounds)):.4g}",
        "a twin is worse by, at most": lambda rows: f"{rows['worse'].max():.4g}",
        "half width of the interval": lambda rows: f"{rows['width'].mean():.4g}",
    }


def most_often(rows: "pd.DataFrame") -> str:
    """Return the three most frequent reasons of some lines, and how often each is one."""
    counts = Counter(reason for reasons in rows["reasons"] for reason in reasons)
    return ", ".join(f"{reason} ({count})" for reason, count in counts.most_common(3)) or "none"


VERDICTS = {
    "tried": lambda rows: str(len(rows)),
    "rejected": lambda rows: str(sum(map(bool, rows["reasons"]))),
    "most frequent reasons": most_often,
}
