"""Gate: may this model serve? It keeps the thresholds, beats the baselines, and matches the champion.

Baselines and champion are measured on the same units: the days, people or loans that were sampled. Differences are
paired by them and have 95% intervals.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from capstan import notes
from capstan.catalogue import load
from capstan.contract.bounds import of_test
from capstan.contract.capstone import Capstone
from capstan.contract.evaluation import Evaluation
from capstan.data.files import read_json, write_markdown_table
from capstan.errors import CapstanError
from capstan.rollout import store
from capstan.versions.best import best, of_bounds
from components.evaluate import units as by_unit
from components.gate import comparison
from components.gate.earlier import Earlier

if TYPE_CHECKING:
    import pandas as pd

ACCEPTED, REJECTED = "accepted", "rejected"


class Judgement(NamedTuple):
    """The verdict, "accepted" or "rejected", and the version that was the champion then, "" without one."""

    verdict: str
    champion: str


def gate(
    capstone: str, scores: str, units: str, model_digest: str, test: str, report: str, accept: str = ""
) -> Judgement:
    """Judge the metrics in the JSON file `scores` and the folder `units`. Write the reasons as Markdown.

    Champions in a row cannot slide, though each may be worse by its slack: the best accepted version in each of the
    first metrics is measured again, too, and so are the baselines of the last accepted run, for a candidate's own were
    fitted on its own data, damaged or not. accept: why a person does without a version that cannot be measured.
    """
    task, candidate, own = load(capstone), read_json(scores), by_unit.read(units)
    _check(task, candidate, own)
    bounds = task.THRESHOLDS if own.model is None else of_test(task.THRESHOLDS, len(own.model))
    lines = comparison.alone(bounds, candidate, own)
    serving = store.read(capstone).champion
    earlier = Earlier(task, test, model_digest)
    champion, note = _champion(earlier, serving)
    if champion and own.model is not None and champion.units is not None:
        lines += comparison.with_champion(bounds, own.model, champion.units)
    elif champion and next(iter(bounds)) in champion.metrics:
        lines.append(comparison.with_champions_score(bounds, candidate, champion.metrics))
    elif champion:
        note += f" It has no {next(iter(bounds))}, so the rest decides."
        notes.note(note)
    if own.model is not None:
        lines += _with_best(earlier, bounds, own.model, serving if champion else "", accept)
        lines += _with_last_baselines(earlier, bounds, own)
    failed = comparison.failed(lines)
    for line in failed:
        notes.note(f"Rejected: {comparison.reason(line)}.")
        if line["difference"] == comparison.UNKNOWN:
            notes.note(f"To do without that comparison: capstan run {capstone} --accept REASON.")
    verdict = REJECTED if failed else ACCEPTED
    write_markdown_table(lines, report, before=f"**{verdict}**", after=note)
    return Judgement(verdict, serving)


def _check(task: Capstone, candidate: dict[str, float], units: by_unit.Units) -> None:
    """Raise CapstanError where THRESHOLDS and what `evaluate` returns do not fit."""
    where, known = f"THRESHOLDS of pipelines/{task.name}/task.py", task.THRESHOLDS
    if missing := [metric for metric in known if metric not in candidate]:
        raise CapstanError(
            f"{where} names {', '.join(missing)}, which `evaluate` does not return. It returns {', '.join(candidate)}."
        )
    compared = {metric for baseline in units.baselines.values() for metric in baseline}
    if unknown := sorted(compared - known.keys()):
        raise CapstanError(f"{where} lacks {', '.join(unknown)}, in which the model must be better than a baseline.")


def _champion(earlier: Earlier, serving: str) -> tuple[Evaluation | None, str]:
    """Return what the version that serves is worth on these rows, or None, and a line that explains it."""
    champion = earlier.version(serving)
    if champion is None:
        return None, "There is no champion yet: thresholds and baselines decide."
    title = f"The champion, version {champion.version},"
    if earlier.is_candidate(champion):
        return None, f"{title} came from the same rows, code and parameters."
    evaluation, why = earlier.measure(champion)
    if evaluation is not None:
        return evaluation, f"{title} was measured on these tables."
    note = f"{title} {why}. It is not compared, and is replaced by what is accepted."
    notes.note(note)
    return None, note


def _with_best(
    earlier: Earlier, bounds: comparison.Bounds, own: "pd.DataFrame", compared: str, accept: str
) -> Iterator[comparison.Line]:
    """Yield a line for each best version, in its metric. compared: the version that all metrics were compared with."""
    for metric, version in best(earlier.others, of_bounds(bounds)).items():
        if metric not in own or version.version == compared:
            continue
        title = f"version {version.version}, the best of all"
        units = earlier.units(version)
        if isinstance(units, str) or metric not in units or len(units) != len(own):
            why = units if isinstance(units, str) else "its units are others"
            notes.note(f"{title.capitalize()} in {metric}: {why}.")
            yield comparison.unknown(bounds[metric], metric, own, title, accept)
        else:
            yield comparison.with_version(bounds[metric], metric, own, units, title)


def _with_last_baselines(earlier: Earlier, bounds: comparison.Bounds, own: by_unit.Units) -> Iterator[comparison.Line]:
    """Yield a line per metric of each baseline of the last accepted version, in which the candidate must be better."""
    last = earlier.last
    evaluation = earlier.measure(last).evaluation if last else None
    if last is None or own.model is None or evaluation is None or evaluation.units is None:
        return
    if len(evaluation.units) == len(own.model):
        known = {f"{name} of version {last.version}": units for name, units in evaluation.baselines.items()}
        level = {f"{name} of version {last.version}": metrics for name, metrics in evaluation.level.items()}
        yield from comparison.with_baselines(bounds, own.model, known, level)
