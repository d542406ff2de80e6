"""The first plays."""

from tests.support.plays import write

__all__ = ["write"]

SETTINGS = {"steps": 300, "width": 32, "layers": 1}
CLUSTER = [*(f"{name}={value}" for name, value in SETTINGS.items()), "workers=2"]
ASKED = {"text": "ROMEO:\nBut, soft! what light through yonder window break"}
REFUSED = ({"text": "   "}, "text")
KNOWN_LATER = ["right"]
ACTUALS = [True, False, True]
