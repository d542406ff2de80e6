"""Monitor: a first Evidently report, which compares the test data and predictions with the training data."""

from pathlib import Path

from capstan.files import digest
from capstan.profile import profile


def monitor(capstone: str, model: str, version: str, train: str, test: str, html: str) -> str:
    """Add the report of the tables `test` against `train` to the Evidently workspace, and write it as HTML.

    Return the report's name. The same version on the same tables is reported once.
    """
    name = f"version {version} on {digest(Path(train), Path(test))}"
    storage, key = profile().storage(), f"reports/{capstone}/{name.replace(' ', '-')}.html"
    page = storage.read(key)
    if page is None:
        from monitoring.reports import report

        page = report(capstone, model, name, train, test)
        storage.write(key, page)
    Path(html).parent.mkdir(parents=True, exist_ok=True)
    Path(html).write_bytes(page)
    return name
