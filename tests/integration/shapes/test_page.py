"""The page for people, for capstones of seven shapes: what is entered, and how each answer is shown."""

import base64
import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from capstan.settings import settings
from tests.integration.browser import Page, chromium

pytestmark = pytest.mark.rotating
# By name: what to enter so that the server refuses it, the field that says so, and what it says.
BAD = {
    "house_sale": ({"living_area": "-1"}, "living_area", "greater than 0"),
    "electricity_day": ({"week": json.dumps([4.5, "x"] * 168)}, "week", "item 2: Input should be a valid number"),
    "movie_ranking": ({"liked": "[]"}, "liked", "at least 1 item"),
    "wine_cluster": ({"alcohol": "strong"}, "alcohol", "valid number"),
    "artwork_medium": ({"artist": ""}, "artist", "Field required"),
    "artwork_title": ({"max_tokens": "0"}, "max_tokens", "greater than or equal to 1"),
}
NAMES = [*BAD, "digit_image"]
PHONE = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False}
# Counts what is appended to the text of a stream.
WATCH = """
window.parts = [];
new MutationObserver((records) => records.forEach((record) => window.parts.push(record.target.textContent)))
  .observe(document.querySelector(".answers"), {subtree: true, characterData: true});
"""


@pytest.fixture(scope="module")
def url(run) -> str:
    """The endpoint, with a version of each capstone."""
    for name in NAMES:
        run(name)
    return settings().endpoint_url


@pytest.fixture(scope="module")
def driver(tmp_path_factory) -> Iterator[WebDriver]:
    """Chromium."""
    with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def opened(driver, url) -> Callable[[str], Page]:
    """Open the form of a capstone."""

    def open_(name: str) -> Page:
        page = Page(driver, url, name)
        page.wait("main form")
        return page

    return open_


@pytest.fixture
def predicted(opened) -> Callable[[str], tuple[Page, dict]]:
    """Predict the example that a form comes with; return the page and the answer, from its raw JSON."""

    def predict(name: str) -> tuple[Page, dict]:
        page = opened(name)
        page.submit()
        page.wait(".prediction dl")
        answer = json.loads(page.folded("json"))
        assert page.problems() == []
        return page, answer["predictions"][0] if "predictions" in answer else answer

    return predict


def facts(page: Page) -> dict[str, str]:
    """Return the list below a prediction."""
    return dict(text.split("\n", 1) for text in page.texts(".prediction dl > div"))


def count(page: Page, selector: str) -> int:
    return len(page.driver.find_elements(By.CSS_SELECTOR, selector))


def test_a_price_is_a_number_with_its_unit_and_is_explained_in_it(predicted):
    page, answer = predicted("house_sale")
    assert page.wait(".figure").text.replace("\N{NO-BREAK SPACE}", " ") == f"{answer['price']:,.0f} $"
    assert facts(page)["Price"] == str(answer["price"])
    text = page.wait(".explanation").text
    assert "raises or lowers the price, in all to" in text and "Price, $" in text and "log-odds" not in text
    rows = [row.replace("\N{MINUS SIGN}", "-").replace(",", "").split() for row in page.texts(".explanation tbody tr")]
    assert {row[0] for row in rows} == {"living_area", "lot_area", "built", "neighborhood"}
    base = float(text.split("the model says ")[1].split()[0].replace(",", ""))
    assert base + sum(float(row[-1]) for row in rows) == pytest.approx(answer["price"], abs=5)


@pytest.mark.parametrize("name", ["house_sale", "electricity_day", "digit_image"])
def test_examples_of_the_task_fill_the_form(name, opened):
    page, address = opened(name), f"{settings().endpoint_url}/v2/models/{name}"
    examples = httpx.get(address).json()["examples"]
    assert [f"Example {number}" for number in range(1, len(examples) + 1)] == page.texts("form .example")
    expected = httpx.post(
        address.replace("v2", "v1") + ":predict", json={"instances": [examples[1]]}, timeout=30
    ).json()
    page.wait("form .example", "Example 2").click()
    page.submit()
    page.wait(".prediction dl")
    [answer] = json.loads(page.folded("json"))["predictions"]
    [same] = expected["predictions"]
    assert answer | {"prediction_id": ""} == same | {"prediction_id": ""} and page.problems() == []


def test_a_forecast_is_a_plot_with_its_bands_and_units(predicted):
    page, answer = predicted("electricity_day")
    levels = json.loads(httpx.get(f"{settings().endpoint_url}/v2/models/electricity_day").text)["prediction_schema"]
    levels = levels["properties"]["quantiles"]["levels"]
    bands = page.driver.find_elements(By.CSS_SELECTOR, "svg.plot path.band")
    assert len(bands) == len(levels) // 2
    assert all(band.get_attribute("d").count("L") == 2 * 48 - 1 for band in bands)
    line = page.wait("svg.plot path.median").get_attribute("d")
    assert len(line[1:].split("L")) == 48
    heights = [float(point.split()[1]) for point in line[1:].split("L")]
    medians = [row[4] for row in answer["quantiles"]]
    assert heights.index(min(heights)) == medians.index(max(medians))  # up is more
    assert "Demand, GW" in page.texts("svg.plot .axis-title")
    assert page.texts(".legend li") == ["median", *(f"{10 * i} % to {100 - 10 * i} %" for i in (4, 3, 2, 1))]
    assert page.wait("svg.plot").get_attribute("aria-label").startswith("Demand: 48 steps, the median from ")
    ActionChains(page.driver).move_to_element(page.wait("svg.plot")).perform()
    assert "GW to" in page.wait(".readout", "Step 2").text
    page.wait(".numbers summary").click()
    assert count(page, ".numbers tbody tr") == 48


def test_a_list_of_many_numbers_wraps_and_is_sent_whole(opened):
    page = opened("electricity_day")
    week = page.field("week")
    assert page.wait("#field-week-count").text == "336 items entered"
    assert len(json.loads(week.get_attribute("value"))) == 336
    assert week.size["height"] < 250
    assert page.driver.execute_script("return arguments[0].scrollWidth <= arguments[0].clientWidth", week)


def test_a_ranking_is_a_list_in_its_order(predicted):
    page, answer = predicted("movie_ranking")
    assert page.texts(".ranking .name") == [movie["item"] for movie in answer["ranking"]]
    scores = [float(text) for text in page.texts(".ranking .number")]
    assert scores == pytest.approx([movie["score"] for movie in answer["ranking"]], rel=1e-3)
    assert count(page, "ol.ranking > li") == 10


def test_several_fields_stand_below_each_other_with_their_titles(predicted):
    page, answer = predicted("wine_cluster")
    first, second = page.texts("[data-field]")
    assert first == f"Cluster\n{answer['cluster']}"
    assert second.startswith("Distance from its centre\n") and facts(page)["Distance from its centre"] == str(
        answer["distance"]
    )


def test_a_text_and_how_sure_it_is(predicted):
    page, answer = predicted("artwork_medium")
    assert page.wait("[data-field=medium]").text == f"Medium\n{answer['medium']}"
    assert page.wait("[data-field=similarity]").text == f"Similarity\n{100 * answer['similarity']:.1f} %"
    track, fill = (page.wait(f"[data-field=similarity] .{name}").size["width"] for name in ("track", "fill"))
    assert fill / track == pytest.approx(answer["similarity"], abs=0.01)


def test_a_stream_arrives_in_parts_and_adds_up(opened):
    page = opened("artwork_title")
    page.driver.execute_script(WATCH)
    page.submit()
    page.wait(".prediction dl")
    text = page.wait("[data-field=text] .text").text
    row = {"prompt": "Study for a ", "max_tokens": 80, "seed": 0}  # with the space at its end
    whole = httpx.post(f"{settings().endpoint_url}/v2/models/artwork_title/generate", json=row).json()
    assert text == whole["text"].strip()
    parts = page.driver.execute_script("return window.parts")
    assert len(parts) == len(whole["text"]) > 5
    assert facts(page)["Came as"].startswith(f"{len(parts)} parts in ")
    assert facts(page)["Answered by"] == f"version {whole['model_version']}, champion"
    command = page.folded("curl")
    assert command.startswith("curl -N ") and "/v2/models/artwork_title/generate_stream" in command


def test_a_drawing_gives_a_prediction_with_a_bar_for_each_class(opened):
    page = opened("digit_image")
    page.submit()
    page.wait("#field-image-error", "Draw something, or choose a file.")
    assert page.texts(".prediction") == []
    canvas = page.wait("canvas.drawing")
    pen = ActionChains(page.driver).move_to_element_with_offset(canvas, 60, 0).click_and_hold()
    for x, y in ((-20, 90), (-40, 20), (-40, -20), (-20, -90), (20, -90), (40, -20), (40, 20), (20, 90)):
        pen.move_by_offset(x, y)
    pen.release().perform()
    page.submit()
    page.wait(".prediction dl")
    [answer] = json.loads(page.folded("json"))["predictions"]
    assert answer["digit"] == 0
    assert page.wait("[data-field=digit]").text == "Digit\n0"
    likely = sorted(answer["probabilities"].items(), key=lambda pair: -pair[1])
    assert page.texts(".classes .name") == [name for name, _ in likely]
    assert page.texts(".classes .number") == [f"{100 * probability:.1f} %" for _, probability in likely]
    assert page.texts("#field-image-error") == [""]
    page.wait(".clear").click()
    page.submit()
    page.wait("#field-image-error", "Draw something")


def test_a_finger_draws_as_well(opened):
    page = opened("digit_image")
    box = page.wait("canvas.drawing").rect
    touch = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 3}
    send = page.driver.execute_cdp_cmd
    send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [touch]})
    send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [touch | {"y": touch["y"] + 80}]})
    send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.submit()
    page.wait(".prediction dl")
    assert page.wait(".state").text == "Your drawing."


def test_a_file_is_sent_as_it_is(opened, tmp_path):
    from PIL import Image

    page = opened("digit_image")
    Image.new("L", (40, 20), 255).save(tmp_path / "white.jpg")
    page.field("image").send_keys(str(tmp_path / "white.jpg"))
    page.wait(".state", "white.jpg, 40 \N{MULTIPLICATION SIGN} 20 pixels.")
    page.submit()
    page.wait(".prediction dl")
    sent = page.folded("curl").split('"image": "')[1].split('"')[0]
    assert base64.b64decode(sent) == (tmp_path / "white.jpg").read_bytes()
    (tmp_path / "text.png").write_text("no image")
    page.field("image").send_keys(str(tmp_path / "text.png"))
    page.submit()
    page.wait("#field-image-error", "it is not an image that can be read")


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_is_said_at_its_field(opened, name):
    entered, field, message = BAD[name]
    page = opened(name)
    for key, text in entered.items():
        page.field(key).clear()
        page.driver.execute_script("arguments[0].value = arguments[1]", page.field(key), text)
    page.submit()
    page.wait(f"#field-{field}-error", message)
    assert page.field(field).get_attribute("aria-invalid") == "true"
    assert page.driver.switch_to.active_element == page.field(field)
    page.wait("form button[type=reset]").click()
    page.submit()
    page.wait(".prediction dl")


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_for_narrow_screens_and_names_its_controls(opened, driver, name):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    try:
        page = opened(name)
        if name == "digit_image":
            page.wait("canvas.drawing").click()
        page.submit()
        page.wait(".prediction dl")
        assert driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
        controls = driver.find_elements(By.CSS_SELECTOR, "form :is(input, select, textarea, button, canvas), svg.plot")
        assert all(control.accessible_name for control in controls)
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
