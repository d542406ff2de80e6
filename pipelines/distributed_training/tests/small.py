"""The first plays."""

from pathlib import Path

from pipelines.language_model.tests.small import write as write_plays

SETTINGS = {"steps": 300, "width": 32, "layers": 1, "order": 2}
CLUSTER = [*(f"{name}={value}" for name, value in SETTINGS.items()), "workers=2"]
ASKED = {"text": "ROMEO:\nBut, soft! what light through yonder window break"}
REFUSED = ({"text": "   "}, "text")
KNOWN_LATER = ["right"]
ACTUALS = [True, False, True]


def write(folder: Path) -> None:
    """Write the beginning of the text."""
    write_plays(folder)
