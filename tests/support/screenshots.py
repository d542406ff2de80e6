"""Pictures of the capstones' pages, which their READMEs show."""

import base64
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.support.processes import ROOT

WIDTH = 1_280  # pixels


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="write the pictures in docs/images again")


@pytest.fixture
def screenshot(pytestconfig: pytest.Config) -> Callable[[Chrome, str], Path]:
    """Take the picture of a whole page; return its place in the repository, which only `--screenshots` writes."""

    def take(browser: Chrome, name: str) -> Path:
        size = browser.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        whole = {"width": WIDTH, "height": math.ceil(size["height"]), "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", whole)  # what sticks to an edge stands at the end
        taken = browser.execute_cdp_cmd("Page.captureScreenshot", {})
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        kept = ROOT / "docs" / "images" / f"{name}.png"
        if pytestconfig.getoption("--screenshots"):
            kept.write_bytes(base64.b64decode(taken["data"]))
        return kept

    return take
