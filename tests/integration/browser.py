"""A page of the model server as its reader sees it, in Chromium."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]


@contextmanager
def chromium(profile: Path, *flags: str) -> Iterator[webdriver.Chrome]:
    """Run Chromium, as the system has it, with a profile in a folder and more flags."""
    browser, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    assert browser and chromedriver, "Chromium and its driver are missing: run scripts/system-packages."
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in [*FLAGS, *flags, f"--user-data-dir={profile}", "--window-size=1280,1000"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver)) as running:
        yield running


class Page:
    """The page of a server as its reader sees it."""

    def __init__(self, driver: webdriver.Chrome, url: str, model: str = "", path: str = "/"):
        self.driver = driver
        driver.get("about:blank")  # a change of the fragment alone would not load the page again
        driver.get_log("browser")
        driver.get(f"{url}{path}#{model}")

    def wait(self, selector: str, text: str = "", seconds: float = 20) -> WebElement:
        """Return the first element there is with that text in it."""

        def matching(driver: webdriver.Chrome) -> WebElement | None:
            elements = driver.find_elements(By.CSS_SELECTOR, selector)
            return next((element for element in elements if text in element.text), None)

        replaced = [StaleElementReferenceException]  # while its text was read
        waiting = WebDriverWait(self.driver, seconds, ignored_exceptions=replaced)
        try:
            return waiting.until(matching)
        except TimeoutException:
            shown = self.driver.find_element(By.TAG_NAME, "body").text
            raise AssertionError(f"no {selector} with {text!r} on the page, which shows:\n{shown}") from None

    def texts(self, selector: str) -> list[str]:
        return [element.text for element in self.driver.find_elements(By.CSS_SELECTOR, selector)]

    def field(self, name: str) -> WebElement:
        return self.wait(f"#field-{name}")

    def enter(self, **values: str) -> None:
        for name, value in values.items():
            if self.field(name).tag_name == "select":
                Select(self.field(name)).select_by_visible_text(value)
            elif self.field(name).get_attribute("type") == "datetime-local":
                self._enter_instant(name, value)
            else:
                self.field(name).clear()
                self.field(name).send_keys(value)

    def _enter_instant(self, name: str, value: str) -> None:
        """Enter a time. What a key does in the browser's picker depends on its language."""
        local, offset = re.fullmatch(r"(.*?)(Z|[+-]\d\d:\d\d)?", value).groups("")
        for field, part in ((name, local), (f"{name}-offset", offset)):
            self.driver.execute_script("arguments[0].value = arguments[1]", self.field(field), part)

    def submit(self) -> None:
        self.wait("form button.primary").click()

    def folded(self, name: str) -> str:
        """Return the text under a heading that is folded, as a click shows it."""
        self.wait(f"#{name} summary").click()
        return self.wait(f"#{name} pre").text

    def problems(self) -> list[str]:
        """Return what the browser complained of since the page was opened."""
        return [entry["message"] for entry in self.driver.get_log("browser")]
