"""The page for people, in a real browser against the real server."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.integration.browser import Page
from tests.support.processes import ROOT
from tests.support.serving import Server, another_server
from tests.support.tiny_store import FLIGHT

EXAMPLE = {name: value for name, value in FLIGHT.items() if name not in ("tailnum", "seats_sold")}


def run(command: str, **env: str) -> str:
    """Return what a curl command prints in a shell."""
    command = ["bash", "-c", f"{command} --silent --show-error"]
    return subprocess.run(command, env=os.environ | env, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def tiny(driver, server) -> Page:
    """The form of `tiny`, complete."""
    page = Page(driver, server.url, "tiny")
    page.wait("main form")
    return page


@pytest.fixture(scope="module")
def token(tmp_path_factory) -> tuple[str, str]:
    """A file of tokens, and the one in it."""
    environment = os.environ | {"CAPSTAN_TOKENS_FILE": str(tmp_path_factory.mktemp("tokens") / "tokens")}
    command = [sys.executable, "-m", "serving.guards.tokens", "add", "ann"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return environment["CAPSTAN_TOKENS_FILE"], done.stdout.strip()


@pytest.fixture(scope="module")
def guarded(server, mlflow, feast_home, token, tmp_path_factory) -> Iterator[Server]:
    """A server that wants a token, with a challenger of `plain`."""
    second = mlflow.register("plain", 2.0)
    mlflow.roles("plain", champion="1", challenger=second)
    home = tmp_path_factory.mktemp("page") / "home"
    try:
        with another_server(mlflow, feast_home, home, CAPSTAN_TOKENS_FILE=token[0]) as own_server:
            own_server.client.headers["Authorization"] = f"Bearer {token[1]}"
            yield own_server
    finally:
        mlflow.roles("plain", champion="1")


def test_page_lists_the_models_with_their_variants_and_versions(tiny):
    assert tiny.texts("nav a") == ["tiny\nchampion: version 1", "plain\nchampion: version 1"]
    tiny.wait("nav a", "plain").click()
    tiny.field("x")
    assert tiny.texts("nav a[aria-current]") == ["plain\nchampion: version 1"]
    assert tiny.problems() == []


def test_form_has_a_labelled_field_for_each_of_the_request_with_the_example_in_it(tiny):
    selector = "form .field > :is(input, select, textarea), form .instant > input[name]"
    controls = tiny.driver.find_elements(By.CSS_SELECTOR, selector)
    assert [control.get_attribute("name") for control in controls] == list(FLIGHT)
    assert all(control.accessible_name for control in controls)
    entered = {control.get_attribute("name"): control.get_attribute("value") for control in controls}
    offset = tiny.wait("#field-sched_dep-offset")
    assert "offset from UTC" in offset.accessible_name
    entered["sched_dep"] += f":00{offset.get_attribute('value')}"  # the picker leaves out seconds of zero
    assert entered == EXAMPLE | {"tailnum": "", "seats_sold": "0"}
    assert "pattern ^[A-Z]{3}$" in tiny.wait("#field-origin-hint").text
    assert "a whole number · at least 0" in tiny.wait("#field-seats_sold-hint").text
    optional = [label for label in tiny.texts("form label") if "optional" in label]
    assert [name for name in FLIGHT if any(name in label for label in optional)] == ["tailnum", "seats_sold"]


def test_submitting_shows_what_the_api_returns(tiny, server):
    tiny.enter(tailnum="N1", seats_sold="3")
    tiny.submit()
    tiny.wait(".explanation")
    [prediction] = server.predict(FLIGHT).json()["predictions"]
    assert tiny.wait(".figure").text == f"{100 * prediction['probability']:.1f} %"
    shown = dict(text.split("\n", 1) for text in tiny.texts(".prediction dl > div"))
    assert shown["Probability"] == str(prediction["probability"])
    assert shown["Answered by"] == "version 1, champion"
    assert len(shown["Prediction id"]) == 36
    assert shown["Prediction id"] in tiny.folded("json")
    assert tiny.problems() == []


def test_explanation_shows_each_input_with_value_bar_and_sign(tiny, server):
    tiny.enter(tailnum="N1", carrier="ZZ")
    tiny.field("tailnum").send_keys(Keys.ENTER)  # by keyboard alone
    tiny.wait(".explanation")
    rows = [row.split() for row in tiny.texts(".explanation tbody tr")]
    reply = server.client.post("/v1/models/tiny:explain", json={"instances": [FLIGHT | {"carrier": "ZZ"}]})
    contributions = reply.json()["explanations"][0]["contributions"]
    assert [row[0] for row in rows] == list(contributions)
    assert [float(row[-1]) for row in rows] == pytest.approx(list(contributions.values()), abs=0.0005)
    known = {"hour": "13", "age": "7.5", "runways": "4"}
    assert {row[0]: row[1] for row in rows} == known | dict.fromkeys(["carrier_delay", "carrier_flights"], "missing")
    widths = [bar.size["width"] for bar in tiny.driver.find_elements(By.CSS_SELECTOR, ".explanation .bar")]
    assert widths == sorted(widths, reverse=True) and widths[0] > 2 * widths[2] > widths[-1] == 0
    assert "carrier_delay, carrier_flights" in tiny.wait(".prediction dl", "2 missing").text


def test_a_model_that_explains_nothing_shows_its_prediction_alone(driver, server):
    page = Page(driver, server.url, "plain")
    page.enter(x="100.0", y="")
    page.submit()
    assert page.wait(".figure").text == "73.1 %"
    page.wait("form[aria-busy=false]")
    assert page.texts(".explanation") == [] and page.problems() == []


def test_what_the_server_refuses_is_said_at_the_field(tiny):
    tiny.enter(carrier="XX", origin="jfk")
    tiny.submit()
    tiny.wait("#field-carrier-error", "unknown carrier 'XX'; expected one of AA, UA, ZZ (got 'XX')")
    tiny.wait("#field-origin-error", "String should match pattern")
    assert tiny.field("carrier").get_attribute("aria-invalid") == "true"
    assert tiny.driver.switch_to.active_element == tiny.field("carrier")
    assert tiny.texts(".prediction") == []
    tiny.wait("form button[type=reset]").click()
    assert tiny.field("carrier").get_attribute("value") == "AA"
    assert tiny.field("carrier").get_attribute("aria-invalid") is None
    tiny.submit()
    tiny.wait(".prediction")


def test_a_number_that_is_none_or_left_out_is_said_by_the_server(tiny):
    tiny.enter(seats_sold="many", sched_dep="")
    tiny.submit()
    tiny.wait("#field-seats_sold-error", "Input should be a valid integer")
    tiny.wait("#field-sched_dep-error", "Field required")


def test_time_out_of_range_is_said_beside_its_field(tiny):
    tiny.enter(sched_dep="1600-06-01T13:00:00Z")
    tiny.submit()
    tiny.wait("#field-sched_dep-error", "expected the years 1900 to 2199")


def test_what_no_field_is_to_blame_for_is_said_below_the_form(tiny, server):
    server.client.post("/v2/repository/models/tiny/unload").raise_for_status()
    try:
        tiny.submit()
        tiny.wait("form [role=alert]", "does not exist")
    finally:
        assert server.load("tiny").status_code == 200


def test_markup_in_an_answer_stays_text(tiny):
    markup = "<img src=x onerror=alert(1)>"
    tiny.enter(carrier=markup)
    tiny.submit()
    tiny.wait("#field-carrier-error", markup)
    assert tiny.driver.find_elements(By.CSS_SELECTOR, "main img") == []


def test_curl_command_of_the_page_gives_the_same_answer(tiny):
    tiny.enter(tailnum="it's")
    tiny.submit()
    tiny.wait(".prediction")
    assert tiny.wait(".prediction dl code").text in run(tiny.folded("curl"))


def test_page_is_for_narrow_screens_as_well(tiny):
    size = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    tiny.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        tiny.submit()
        tiny.wait(".explanation")
        assert "-d '{" in tiny.folded("curl") and "prediction_id" in tiny.folded("json")
        assert tiny.driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    finally:
        tiny.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_an_address_that_is_no_utf8_shows_the_first_model(driver, server):
    page = Page(driver, server.url, "%E0%A4%A")
    page.wait("main form")
    assert len(page.texts("nav a[aria-current]")) == 1 and page.problems() == []


def test_the_button_is_in_sight_below_a_long_form(tiny):
    size = {"width": 1280, "height": 420, "deviceScaleFactor": 1, "mobile": False}
    tiny.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        place = "return document.querySelector('main form button.primary').getBoundingClientRect().bottom"
        assert 0 < tiny.driver.execute_script(place) <= 420
        assert (
            tiny.driver.execute_script("return document.querySelector('main form').getBoundingClientRect().bottom")
            > 420
        )
    finally:
        tiny.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_token_is_asked_for_and_the_variant_can_be_chosen(driver, guarded, token):
    page = Page(driver, guarded.url, "plain")
    page.wait(".notice", "send the header `Authorization: Bearer TOKEN`")
    assert driver.switch_to.active_element == page.wait("#token")
    page.wait("#token").send_keys(token[1], Keys.ENTER)
    page.wait("nav a", "challenger: version")
    page.enter(x="0.0", y="")
    for alias in ("challenger", "champion"):
        Select(page.wait("#variant")).select_by_value(alias)
        page.submit()
        page.wait(".prediction dl", alias)
        reply = guarded.predict({"x": 0.0}, name="plain", headers={"x-capstan-variant": alias})
        [prediction] = reply.json()["predictions"]
        assert page.wait(".prediction dl code").text == str(prediction["probability"])
        assert f"version {prediction['model_version']}, {alias}" in page.wait(".prediction dl").text
    command = page.folded("curl")
    assert token[1] not in driver.page_source
    assert '"variant":"champion"' in run(command, CAPSTAN_TOKEN=token[1])
    driver.refresh()
    page.wait(".notice", "Authorization")  # a token is kept nowhere


def test_page_needs_no_token_and_its_files_only_come_from_the_server(guarded):
    anyone = {"Authorization": "", "Accept": "text/html"}
    page = guarded.client.get("/", headers=anyone | {"Accept": "text/html"})
    assert page.status_code == 200 and page.headers["content-type"] == "text/html; charset=utf-8"
    for name in ("app.js", "style.css", "form.css", "icon.svg"):
        assert f'"page/{name}"' in page.text
        file = guarded.client.get(f"/page/{name}", headers=anyone)
        assert file.status_code == 200
        assert file.headers["content-security-policy"].startswith("default-src 'self';")
        assert file.headers["cache-control"] == "no-store"
    assert guarded.client.get("/page/values/show.js", headers=anyone).status_code == 200
    for name in ("__init__.py", "values", "values/", "%2e%2e/__init__.py", "values/%2e%2e/app.js", ""):
        assert guarded.client.get(f"/page/{name}", headers=anyone).status_code == 404
    assert guarded.client.get("/v2/models/plain", headers=anyone).status_code == 401


def test_a_server_without_models_says_how_to_get_one(driver, guarded, token):
    for name in ("plain", "tiny"):
        assert guarded.client.post(f"/v2/repository/models/{name}/unload").status_code == 200
    page = Page(driver, guarded.url)
    page.wait("#token").send_keys(token[1], Keys.ENTER)
    page.wait(".notice", "capstan run NAME")
    page.wait(".notice button").click()
    page.wait(".notice", "capstan run NAME")
    assert guarded.load("tiny").status_code == 200
    page.field("carrier")  # by itself, a few seconds later
