"""The console as its reader sees it, in Chromium."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from capstan.rollout.traffic import Traffic
from monitoring.alerts import Alerts, Condition
from monitoring.checks.result import Check
from monitoring.history import Event, History
from monitoring.snapshots import Snapshot, Snapshots
from tests.integration.browser import Page
from tests.integration.conftest import CAPSTAN
from tests.support.monitored import DEAD, FIRST, url
from tests.support.serving import another_server

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
PHONE = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": False}
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture
def opened(driver, console) -> Callable[[str], Page]:
    """Open the console at a capstone."""
    return lambda name="": Page(driver, console.url, name, "/monitoring")


@pytest.fixture
def plain(opened) -> Page:
    """All about `plain`."""
    page = opened("plain")
    page.wait("section[aria-label=Alerts]")
    return page


@pytest.fixture
def phone(driver) -> Iterator[None]:
    """A screen that is 360 pixels wide."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    yield
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def use(page: Page, token: str) -> None:
    page.wait("#token").clear()
    page.wait("#token").send_keys(token, Keys.ENTER)


def decide(page: Page, verb: str, reason: str) -> None:
    page.wait("#reason").clear()
    page.wait("#reason").send_keys(reason)
    page.wait(f"#{verb}").click()


def told(home: Path) -> list[dict]:
    """Return what `capstan history` reports of `plain`."""
    command = [CAPSTAN, "history", "plain", "--json"]
    environment = os.environ | {"CAPSTAN_HOME": str(home)}
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


def test_the_overview_shows_what_serves_and_what_is_wrong(opened):
    page = opened()
    card = page.wait(".capstone[data-name=plain]")
    assert "Version 1" in card.text and "canary 20 %" in card.text and "1 alert" in card.text
    assert "2 messages to webhooks still waiting" in card.text
    assert "flight_delay" in page.wait(".others").text
    card.click()
    page.wait("section[aria-label=Decisions]")
    assert page.texts("nav a[aria-current]") == ["plain\n1 open alert"] and page.problems() == []


def test_the_pages_lead_to_each_other(driver, console):
    page = Page(driver, console.url)
    page.wait("header a", "Monitoring").click()
    page.wait("h2", "Monitoring")
    page.wait("header a", "Models").click()
    page.wait("#models")


def test_a_capstone_shows_alerts_checks_and_decisions(plain, challenger):
    serves = plain.wait("section[aria-label='What serves']").text
    assert "version 1" in serves and f"version {challenger}, canary 20 %" in serves and "2013-12-30 00:00" in serves
    assert [link.text for link in plain.driver.find_elements(By.CSS_SELECTOR, ".places a")] == [
        "MLflow", "Run", "Evidently", "Ask it",
    ]  # fmt: skip
    assert "wind_speed: its distance from the reference 0.18" in plain.wait("section[aria-label=Alerts]").text
    assert plain.texts("section[aria-label=Drift] tbody tr")[0].split()[:3] == ["drift", "wind_speed", "0.18"]
    auc = plain.wait("section[aria-label=Performance] .chart", "roc_auc")
    assert "0.745 (0.725 to 0.765)" in auc.text and auc.find_elements(By.CSS_SELECTOR, "path.band")
    decisions = [line.splitlines()[0] for line in plain.texts(".timeline li")]
    assert decisions == [
        f"2013-11-28 00:00 promoted version {challenger}", f"2013-11-13 00:00 canary version {challenger}",
        f"2013-11-02 00:00 challenger version {challenger}", "2013-11-01 00:00 retraining",
    ]  # fmt: skip
    plain.wait(".tick input").click()
    assert len(plain.texts(".timeline li")) > 4
    assert plain.problems() == []


def test_a_first_run_draws_its_one_point_and_says_why_what_is_beyond_its_threshold_is_ok(opened, console_home):
    optional = [
        Check("nulls", f"field_{n}", "ok", 0.957, 0.05, 0.015, why="Requests may leave it out.") for n in range(40)
    ]
    auc = Check("roc_auc", "all", "ok", 0.75, 0.7, low=0.73, high=0.77)
    wide = [Check("drift", f"field_{n}", "alarm", 0.3, 0.1, 0.01, message="It moved.") for n in range(20)]
    Snapshots(url(console_home)).keep("tiny", Snapshot(FIRST, "1", 256, 0, [*optional, auc, *wide]))
    page = opened("tiny")
    page.wait("section[aria-label=Quality] summary").click()
    assert page.texts("section[aria-label=Quality] tbody tr")[0].endswith("ok Requests may leave it out.")
    dots = page.driver.execute_script(
        "return [...document.querySelectorAll('.chart')].map((chart) => chart.querySelectorAll('.dot').length)"
    )
    assert dots == [1, 1, 1, 1] and page.wait("section[aria-label=Performance] .chart .interval")
    assert len(page.texts("section[aria-label=Drift] > .wide tbody tr")) == 8
    page.wait("section[aria-label=Drift] summary", "12 more with an alarm")
    page.wait("section[aria-label=Quality] summary").click()
    screens = "return document.documentElement.scrollHeight / window.innerHeight"
    assert page.driver.execute_script(screens) < 2.3 and page.problems() == []


def test_a_capstone_that_is_not_deployed_shows_the_command(opened):
    opened("flight_delay").wait("section[aria-label=Start]", "Run capstan run flight_delay.")


def test_bars_are_as_high_as_their_looks_alarm(plain):
    heights = plain.driver.execute_script(
        "return [...document.querySelectorAll('.chart .count')].map((bar) => bar.getBoundingClientRect().height)"
    )
    assert len(heights) == 90 and sum(height > 50 for height in heights) == 28 + 19 and min(heights) == 0


def test_it_is_quick_and_light(opened, driver):
    opened("plain").wait("section[aria-label=Decisions]")
    took = driver.execute_script(
        "const [page] = performance.getEntriesByType('navigation');"
        "const all = performance.getEntriesByType('resource');"
        "const files = all.filter((one) => one.name.includes('/page/'));"
        "const size = files.reduce((sum, one) => sum + one.decodedBodySize, page.decodedBodySize);"
        "return [Math.max(...all.map((one) => one.responseEnd)), size]"
    )
    assert took[0] < 3000 and 10_000 < took[1] < 46_000, took


def test_without_a_token_the_buttons_say_how_to_get_one(plain, console_home):
    before = told(console_home)
    decide(plain, "pause", "An audit.")
    assert "tokens add NAME --for operator" in plain.wait("#said.error", "Enter an operator's token").text
    assert plain.driver.switch_to.active_element == plain.wait("#token")
    assert plain.wait("#reason").get_attribute("value") == "An audit." and told(console_home) == before


def test_a_token_that_will_not_do_is_told(plain, console_tokens, console_home):
    before = told(console_home)
    for token, words in (("nonsense", "The token is unknown."), (console_tokens["ann"], "is not for operators")):
        use(plain, token)
        decide(plain, "pause", "An audit.")
        plain.wait("#said.error", words)
    assert told(console_home) == before
    assert {"401", "403"} == {word for text in plain.problems() for word in ("401", "403") if word in text}


def test_an_operator_pauses_with_a_reason_and_the_history_has_it(plain, console_tokens, console_home):
    use(plain, console_tokens["olga"])
    assert plain.driver.switch_to.active_element == plain.wait("#reason")
    decide(plain, "pause", "")
    plain.wait("#said.error", "Give a reason")
    decide(plain, "pause", f"An audit. {MARKUP}")
    plain.wait("#said", "Done: paused, by olga.")
    plain.wait("section[aria-label=Decide]", f"paused since {time.strftime('%Y-%m-%d', time.gmtime())}")
    plain.wait(".timeline li", f"An audit. {MARKUP}")
    event = told(console_home)[-1]
    assert (event["kind"], event["by"], event["reason"]) == ("paused", "olga", f"An audit. {MARKUP}")
    assert plain.driver.find_elements(By.CSS_SELECTOR, "main img") == []
    decide(plain, "resume", "It is over.")
    plain.wait("#said", "Done: resumed, by olga.")
    assert told(console_home)[-1]["kind"] == "resumed" and plain.problems() == []
    assert console_tokens["olga"] not in plain.driver.page_source


def test_an_operator_promotes_and_brings_back(plain, console, console_tokens, challenger):
    use(plain, console_tokens["olga"])
    decide(plain, "promote", "It is better.")
    plain.wait("#said", f"Done: promoted version {challenger}, by olga.")
    plain.wait("#rollback", "Bring back version 1")
    assert not plain.wait("#promote").is_displayed()
    assert plain.texts("section[aria-label='What serves'] dd")[:2] == [f"version {challenger}", "version 1"]
    decide(plain, "rollback", "It was not.")
    plain.wait("#said", f"Done: rolled back version {challenger}, by olga.")
    state = httpx.get(f"{console.url}/v2/monitoring/plain").json()["rollout"]
    assert (state["champion"], state["challenger"]) == ("1", "")


def test_what_is_unfolded_and_typed_stays_when_the_page_looks_again(plain, console_home):
    plain.wait("section[aria-label=Drift] summary").click()
    plain.wait("#reason").send_keys("I am thinking")
    event = Event("paused", FIRST + timedelta(days=91), "By somebody else.", by="ann")
    History(url(console_home)).add("plain", "paused by ann", event)
    plain.wait("section[aria-label=Decide]", "By somebody else.", seconds=45)
    assert plain.wait("#reason").get_attribute("value") == "I am thinking"
    assert plain.wait("section[aria-label=Drift] details").get_attribute("open") is not None


@pytest.mark.parametrize("name", ["", "plain"])
def test_nothing_is_wider_than_a_phone(opened, phone, name):
    page = opened(name)
    page.wait("section[aria-label=Decisions]" if name else ".capstone")
    for summary in page.driver.find_elements(By.CSS_SELECTOR, "main summary"):
        summary.click()
    assert page.driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert page.driver.execute_script("return document.querySelector('main').getBoundingClientRect().width") < 360
    assert page.problems() == []


def test_markup_of_an_alert_stays_text_and_a_link_is_one_of_the_web(opened, console_home):
    bad = Condition("contract of x", FIRST, MARKUP, "critical", "javascript:alert(1)")
    Alerts(url(console_home)).report("tiny", [bad], FIRST, [DEAD])
    page = opened("tiny")
    alert = page.wait(".alerts li", MARKUP)
    assert "critical" in alert.text and "1 message to webhooks still waiting" in alert.text
    assert alert.find_elements(By.CSS_SELECTOR, "a, img") == []


def test_an_endpoint_without_tokens_says_how_to_decide(driver, mlflow, feast_home, tmp_path, server):
    with another_server(mlflow, feast_home, tmp_path / "home") as own_server:
        page = Page(driver, own_server.url, "tiny", "/monitoring")
        page.wait("section[aria-label=Decisions]")
        assert not driver.find_elements(By.CSS_SELECTOR, "section[aria-label=Start]")  # it has no monitoring to start
        decide(page, "pause", "An audit.")
        assert "CAPSTAN_TOKENS_FILE" in page.wait("#said.error", "knows no tokens").text
        assert page.problems() == []


def test_on_a_cluster_a_roll_out_is_changed_by_a_command(driver, mlflow, feast_home, tmp_path, challenger):
    mlflow.roles("plain", Traffic("canary", 20), champion="1", challenger=challenger)
    store = {"CAPSTAN_S3_ENDPOINT": "http://127.0.0.1:1", "CAPSTAN_S3_ACCESS_KEY": "a", "CAPSTAN_S3_SECRET_KEY": "b"}
    store["CAPSTAN_FEAST_REGISTRY"] = f"sqlite:///{tmp_path}/history.db"
    with another_server(mlflow, feast_home, tmp_path / "home", CAPSTAN_PROFILE="cluster", **store) as server:
        page = Page(driver, server.url, "plain", "/monitoring")
        commands = page.wait("#commands", "promote plain").text.splitlines()
        assert commands == [
            f"Promote version {challenger}, by a command: capstan --profile cluster promote plain",
            f"Roll back version {challenger}, by a command: capstan --profile cluster rollback plain",
        ]
        shown = {verb: page.wait(f"#{verb}").is_displayed() for verb in ("pause", "promote", "rollback")}
        assert shown == {"pause": True, "promote": False, "rollback": False}


def test_what_is_away_is_told(driver, mlflow, feast_home, tmp_path, server):
    home = tmp_path / "home"
    (home / "predictions").mkdir(parents=True)
    (home / "predictions" / "circle.db").write_text("This is no database, and never was one.\n" * 100)
    with another_server(mlflow, feast_home, home) as own_server:
        page = Page(driver, own_server.url, "tiny", "/monitoring")
        page.wait(".problem", "cannot be read")
        assert "version 1" in page.wait("section[aria-label='What serves']").text
    page.wait("nav a", "plain").click()
    page.wait(".problem", "The server does not answer")


def test_an_unknown_name_is_told(opened):
    opened("plane").wait(".problem", "There is no capstone 'plane'")
