"""Monitor: a first Evidently report, which compares the test data and predictions with the training data."""

from pathlib import Path

from capstan.catalogue import load
from capstan.data.files import digest
from capstan.profile import profile
from capstan.versions import model_version
from monitoring import signals, workspace
from monitoring.reports import compare


def baseline_report(capstone: str, model: str, version: str, train: str, test: str, html: str) -> str:
    """Add the report of the tables `test` against `train` to the Evidently workspace, and write it as HTML.

    The signals of `test` become the reference of the version's live predictions: the model has not seen those rows
    either. Return the report's name. The same version on the same tables is reported once.
    """
    name = f"version {version} on {digest(Path(train), Path(test))}"
    storage, key = profile().storage(), f"reports/{capstone}/{name.replace(' ', '-')}.html"
    page = storage.read(key)
    if page is None or signals.read_reference(storage, capstone, version) is None:
        task = load(capstone)
        predictor = model_version.load(Path(model) / model_version.DATA).model
        then, now = (signals.of_tables(task, predictor, path) for path in (train, test))
        outcome = task.OUTCOME
        report = compare(name, signals.untimed(then, task), signals.untimed(now, task), outcome)
        workspace.add(capstone, task.TITLE, {name: report.run}, outcome.kind if outcome else None)
        signals.write_reference(storage, capstone, version, now)
        page = report.page
        storage.write(key, page)  # last: a run that was stopped before does all of this again
    Path(html).parent.mkdir(parents=True, exist_ok=True)
    Path(html).write_bytes(page)
    return name
