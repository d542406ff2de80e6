"""Gate: may this model serve? It has to pass the thresholds and match the champion on the same test tables."""

from pathlib import Path
from typing import Any, NamedTuple

from capstan import notes, registry
from capstan.catalogue import load
from capstan.errors import CapstanError
from capstan.files import digest, read_json, read_tables, write_markdown_table
from capstan.rollout import store

Metrics = dict[str, float]

ACCEPTED, REJECTED = "accepted", "rejected"


class Judgement(NamedTuple):
    """The verdict, "accepted" or "rejected", and the version that was the champion then, "" without one."""

    verdict: str
    champion: str


def gate(capstone: str, scores: str, model_digest: str, test: str, report: str) -> Judgement:
    """Judge the metrics in the JSON file `scores`. Write the reasons as Markdown.

    The first metric of the task's THRESHOLDS is also compared with the champion's. The candidate may be worse by the
    bound's slack at most.
    """
    task = load(capstone)
    candidate = read_json(scores)
    if missing := [metric for metric in task.THRESHOLDS if metric not in candidate]:
        raise CapstanError(
            f"THRESHOLDS of pipelines/{capstone}/task.py names {', '.join(missing)}, which `evaluate` does not return. "
            f"It returns {', '.join(candidate)}."
        )
    rows = [
        _row(metric, candidate[metric], "threshold", bound.limit, bound.holds(candidate[metric]))
        for metric, bound in task.THRESHOLDS.items()
    ]
    decisive, bound = next(iter(task.THRESHOLDS.items()))
    serving = store.read(capstone).champion
    champion, note = _champion_metrics(capstone, serving, model_digest, test, candidate)
    if champion and decisive not in champion:
        note += f" It has no {decisive}, so the thresholds alone decide."
        notes.note(note)
    elif champion:
        passed = bound.holds_against(candidate[decisive], champion[decisive])
        rows.append(_row(decisive, candidate[decisive], "champion", bound.worst_against(champion[decisive]), passed))
    elif serving:
        notes.note(note)
    verdict = ACCEPTED if all(row["result"] == "pass" for row in rows) else REJECTED
    for row in rows:
        if row["result"] != _word(True):
            notes.note(
                f"Rejected: {row['metric']} is {row['candidate']:.4f}, beyond {row['bound']:.4f}, the bound of the "
                f"{row['against']}."
            )
    write_markdown_table(rows, report, before=f"**{verdict}**", after=note)
    return Judgement(verdict, serving)


def _row(metric: str, value: float, against: str, limit: float, passed: bool) -> dict[str, Any]:
    return {"metric": metric, "candidate": value, "against": against, "bound": limit, "result": _word(passed)}


def _word(passed: bool) -> str:
    return "pass" if passed else "fail"


def _champion_metrics(
    name: str, serving: str, model_digest: str, test: str, candidate: Metrics
) -> tuple[Metrics | None, str]:
    """Return the metrics of the version that serves on the tables of `test`, or None, and a line that explains them."""
    champion = registry.version(name, serving) if serving else None
    if champion is None:
        return None, "There is no champion yet: the thresholds alone decide."
    title = f"The champion, version {champion.version},"
    if champion.tags.get("digest") == model_digest:
        return candidate, f"{title} came from the same rows, code and parameters."
    if champion.tags.get("test_digest") == digest(Path(test)):
        return registry.run_metrics(champion.run_id), f"{title} was measured on these tables when it was registered."
    try:
        model = registry.load_version(name, champion.version).model
    except CapstanError as error:
        return None, f"{title} cannot be loaded, so the thresholds alone decide, and it will be replaced: {error}"
    try:
        metrics = load(name).evaluate(model, read_tables(test)).metrics
    except Exception as error:  # for example, an older model may need other inputs
        return None, f"{title} cannot be measured on these tables ({type(error).__name__}: {error}): no comparison."
    return metrics, f"{title} was measured on these tables."
