"""Gate: may this model serve? It keeps the thresholds, beats the baselines, and matches the champion.

Baselines and champion are measured on the same units: the days, people or loans that were sampled. Differences are
paired by them and have 95% intervals.
"""

from typing import NamedTuple

from capstan import notes
from capstan.catalogue import load
from capstan.contract.capstone import Capstone
from capstan.contract.evaluation import Evaluation
from capstan.data.files import read_json, read_tables, write_markdown_table
from capstan.errors import CapstanError
from capstan.rollout import store
from capstan.versions import registry
from components.evaluate import units as by_unit
from components.gate import comparison

ACCEPTED, REJECTED = "accepted", "rejected"


class Judgement(NamedTuple):
    """The verdict, "accepted" or "rejected", and the version that was the champion then, "" without one."""

    verdict: str
    champion: str


def gate(capstone: str, scores: str, units: str, model_digest: str, test: str, report: str) -> Judgement:
    """Judge the metrics in the JSON file `scores` and the folder `units`. Write the reasons as Markdown.

    Champions in a row cannot slide: thresholds are fixed numbers, and the baselines are measured each time.
    """
    task, candidate, own = load(capstone), read_json(scores), by_unit.read(units)
    _check(task, candidate, own)
    bounds = task.THRESHOLDS
    lines = [*comparison.with_thresholds(bounds, candidate)]
    if own.model is not None:
        lines += comparison.with_baselines(bounds, own.model, own.baselines)
    serving = store.read(capstone).champion
    champion, note = _champion(capstone, serving, model_digest, test)
    if champion and own.model is not None and champion.units is not None:
        lines += comparison.with_champion(bounds, own.model, champion.units)
    elif champion and next(iter(bounds)) in champion.metrics:
        lines.append(comparison.with_champions_score(bounds, candidate, champion.metrics))
    elif champion:
        note += f" It has no {next(iter(bounds))}, so the rest decides."
        notes.note(note)
    failed = [line for line in lines if line["result"] == comparison.FAIL]
    for line in failed:
        notes.note(f"Rejected: {comparison.reason(line)}.")
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


def _champion(name: str, serving: str, model_digest: str, test: str) -> tuple[Evaluation | None, str]:
    """Return what the version that serves is worth on the tables of `test`, or None, and a line that explains it."""
    champion = registry.version(name, serving) if serving else None
    if champion is None:
        return None, "There is no champion yet: thresholds and baselines decide."
    title = f"The champion, version {champion.version},"
    if champion.tags.get("digest") == model_digest:
        return None, f"{title} came from the same rows, code and parameters."
    try:
        model = registry.load_version(name, champion.version).model
    except CapstanError as error:
        note = f"{title} cannot be loaded, so the rest decides, and it will be replaced: {error}"
    else:
        try:
            return load(name).evaluate(model, read_tables(test)), f"{title} was measured on these tables."
        except Exception as error:  # for example, an older model may need other inputs
            note = f"{title} cannot be measured on these tables ({type(error).__name__}: {error}): no comparison."
    notes.note(note)
    return None, note
