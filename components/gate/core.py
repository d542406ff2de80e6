"""Gate: may this model serve? Absolute thresholds first, then the champion on the same test rows."""

from pathlib import Path

from capstan import registry
from capstan.catalogue import load_task
from capstan.files import digest, read_json
from components.evaluate.metrics import LOSSES, score

ACCEPTED, REJECTED = "accepted", "rejected"


def gate(capstone: str, scores: str, model_digest: str, test: str, report: str) -> str:
    """Return "accepted" or "rejected" for the metrics in the JSON file `scores`; write the reasons as Markdown.

    The first metric of the task's THRESHOLDS decides against the champion: the candidate may not be worse.
    """
    task = load_task(capstone)
    candidate = read_json(scores)
    rows = [_compare(metric, candidate[metric], bound, "threshold") for metric, bound in task.THRESHOLDS.items()]
    decisive = next(iter(task.THRESHOLDS))
    champion, note = _champion_scores(capstone, model_digest, test, candidate)
    if champion:
        rows.append(_compare(decisive, candidate[decisive], champion[decisive], "champion"))
    verdict = ACCEPTED if all(row[-1] == "pass" for row in rows) else REJECTED
    lines = [f"**{verdict}**", "", "| metric | candidate | against | bound | result |", "|---|---:|---|---:|---|"]
    lines += [
        f"| {m} | {value:.4f} | {against} | {bound:.4f} | {passed} |" for m, value, against, bound, passed in rows
    ]
    Path(report).parent.mkdir(parents=True, exist_ok=True)
    Path(report).write_text("\n".join([*lines, "", note]) + "\n")
    return verdict


def _compare(metric: str, value: float, bound: float, against: str) -> tuple:
    passed = value <= bound if metric in LOSSES else value >= bound
    return metric, value, against, bound, "pass" if passed else "fail"


def _champion_scores(name: str, model_digest: str, test: str, candidate: dict) -> tuple[dict | None, str]:
    """Return the champion's metrics on the rows of `test`, or None where there are none, and a line that says why."""
    champion = registry.champion(name)
    if champion is None:
        return None, "There is no champion yet: the thresholds alone decide."
    if champion.tags.get("digest") == model_digest:
        return candidate, f"The champion, version {champion.version}, came from the same rows, code and parameters."
    if champion.tags.get("test_digest") == digest(Path(test)):
        run = registry.run_metrics(champion.run_id)
        return run, f"The champion, version {champion.version}, was scored on these rows when it was registered."
    return _score_again(name, champion.version, test)


def _score_again(name: str, version: str, test: str) -> tuple[dict | None, str]:
    import mlflow
    import pandas as pd

    task = load_task(name)
    mlflow.set_tracking_uri(registry.settings().tracking_uri)
    rows = pd.read_parquet(test)
    model = mlflow.pyfunc.load_model(f"models:/{name}/{version}")
    missing = set(model.metadata.get_input_schema().input_names()) - set(rows)
    if missing:
        return None, f"The champion, version {version}, needs {sorted(missing)}, which these rows lack: no comparison."
    probability = model.unwrap_python_model().predict(None, rows)
    return score(
        rows[task.LABEL].to_numpy(), probability
    ), f"The champion, version {version}, was scored on these rows."
