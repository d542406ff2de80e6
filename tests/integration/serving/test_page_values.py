"""The page with answers of every type, what is loading and what cannot be loaded."""

import base64
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.integration.browser import Page
from tests.integration.serving import gallery
from tests.support.processes import wait_for
from tests.support.serving import Server, starting_server

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


@pytest.fixture(scope="module")
def served(server, mlflow, edited) -> Iterator[Server]:
    """The server with `price`, which explains, `writer`, and `gallery`."""
    (edited / "gallery").mkdir()
    shutil.copy(Path(gallery.__file__), edited / "gallery" / "task.py")
    names = ("writer", "price", "gallery")
    for name in names:
        mlflow.roles(name, champion=mlflow.register(name))
        assert server.load(name).status_code == 200
    yield server
    for name in names:
        mlflow.roles(name)
        server.load(name)


@pytest.fixture
def opened(driver, served) -> Callable[[str], Page]:
    """Open the form of a model."""

    def open_(name: str) -> Page:
        page = Page(driver, served.url, name)
        page.wait("main form")
        return page

    return open_


@pytest.fixture
def shown(opened) -> Page:
    """A prediction of `gallery`."""
    page = opened("gallery")
    page.submit()
    page.wait(".prediction")
    return page


def value(page: Page, field: str) -> str:
    return page.wait(f"[data-field={field}]").text


def until(page: Page, field: str, holds: Callable[[str], bool]) -> None:
    """Wait until what a field shows is so."""
    WebDriverWait(page.driver, 20, ignored_exceptions=[StaleElementReferenceException]).until(
        lambda driver: holds(driver.find_element(By.CSS_SELECTOR, f"[data-field={field}]").text)
    )


def test_each_field_is_shown_by_its_type_under_its_title(shown):
    fields = shown.driver.find_elements(By.CSS_SELECTOR, "[data-field]")
    assert [field.get_attribute("data-field") for field in fields] == list(gallery.ROW)
    assert value(shown, "share") == "Share\n25.0 %"
    assert value(shown, "mass") == f"Mass\n{MINUS}1,234,568 kg"
    assert value(shown, "count") == "Count\n1,234,567"
    assert value(shown, "ready") == "Ready\nYes"
    assert value(shown, "label") == "Label\n<b>bold</b> 2 none"  # and no markup
    assert value(shown, "nothing") == "Nothing\nnone"
    assert value(shown, "curve") == f"Curve\n0.966751 · {MINUS}2,000.5 · 3"
    assert value(shown, "lists").replace("\n", "").replace(" ", "") == "Lists[[1],[2,3]]"
    assert value(shown, "names") == "Names\n<i>a</i> · b"
    assert value(shown, "empty") == "Empty\nan empty list"
    facts = dict(text.split("\n", 1) for text in shown.texts(".prediction dl > div"))
    assert (facts["Share"], facts["Mass"]) == ("0.25", "-1234567.875") and "Count" not in facts
    assert shown.problems() == []


def test_classes_come_likeliest_first_and_the_rest_unfolds(shown):
    assert shown.texts(".classes .name") == [f"class {i}" for i in range(11, 1, -1)] + ["", ""]
    assert shown.texts(".classes .number")[0] == "11.0 %"
    shown.wait("[data-field=classes] button", "Show all 12").click()
    assert shown.texts(".classes .name")[-2:] == ["class 1", "class 0"]
    widths = [bar.size["width"] for bar in shown.driver.find_elements(By.CSS_SELECTOR, ".classes .fill")]
    assert widths == sorted(widths, reverse=True) and widths[0] > widths[-1] == 0


def test_an_image_is_painted_and_one_that_is_none_is_said_to_be_so(shown):
    assert f"2 {TIMES} 3 pixels" in value(shown, "picture")
    canvas = shown.wait("[data-field=picture] canvas")
    assert (canvas.get_attribute("width"), canvas.get_attribute("height")) == ("2", "3")
    assert canvas.accessible_name == "Picture"
    shown.wait("[data-field=broken]", "cannot show the image (image/png, 8 bytes)")
    assert shown.driver.find_elements(By.CSS_SELECTOR, "main img, [data-field=broken] canvas") == []


def test_a_forecast_of_one_step_with_its_levels_in_any_order(shown):
    assert len(shown.driver.find_elements(By.CSS_SELECTOR, "[data-field=step] path.band")) == 1
    assert shown.driver.find_elements(By.CSS_SELECTOR, "[data-field=step] path.median") == []
    assert shown.texts("[data-field=step] .legend li") == ["10 % to 90 %"]
    shown.wait("[data-field=step] .numbers summary").click()
    assert shown.texts("[data-field=step] .numbers tr") == ["Step 10 % 90 %", "1 1 3"]


def test_a_curve_is_drawn_to_the_scale_of_x_in_its_order(shown):
    points = shown.driver.find_elements(By.CSS_SELECTOR, "[data-field=trend] circle")
    x, y = ([float(point.get_attribute(name)) for point in points] for name in ("cx", "cy"))
    assert (x[1] - x[0]) / (x[2] - x[0]) == pytest.approx(0.01) and y[1] > y[0] > y[2]  # the page counts from above
    assert shown.texts("[data-field=trend] .axis-title") == ["Trend, kg", "Hours"]
    labels = shown.texts("[data-field=trend] .tick")
    assert labels.count("0") == 2 and f"{MINUS}0" not in labels  # one on each axis
    plot = shown.wait("[data-field=trend] svg.plot")
    assert plot.accessible_name == f"Trend: 3 points, from {MINUS}2 kg to 3 kg"
    shown.wait("[data-field=trend] .numbers summary").click()
    assert shown.texts("[data-field=trend] .numbers tr") == ["Hours Trend, kg", "0 1", f"1 {MINUS}2", "100 3"]


def test_an_item_opens_its_text_with_marks_and_is_sent_as_what_helped(shown):
    button = shown.wait("[data-field=papers] button", "A paper")
    assert shown.texts("[data-field=papers] .opened") == [""]
    button.click()
    assert shown.texts("[data-field=papers] .opened") == ["\U0001f9ec <b>of"]
    assert shown.texts("[data-field=papers] mark") == ["<b>"]
    button.click()
    assert shown.texts("[data-field=papers] .opened") == [""]
    assert shown.problems() == []  # the server took the label


def test_a_facet_asks_again_with_its_value_and_once_more_without(shown):
    for pressed, said in (("short", ' none"short"'), ("long", ' none"long"'), ("long", " none")):
        shown.wait("[data-field=facets] button", pressed).click()
        until(shown, "label", lambda text, said=said: text.endswith(said))
    assert shown.texts("[data-field=facets] button") == ["short 7", "long 2"]


def test_quotes_have_their_sources(shown):
    assert value(shown, "quotes") == "Quotes\nSo it <i>is</i>.\n1. A paper · sentence 4 · 26 %"


def test_a_curve_with_a_band_has_room_for_it(shown):
    assert len(shown.driver.find_elements(By.CSS_SELECTOR, "[data-field=banded] path.band")) == 1
    assert shown.driver.find_elements(By.CSS_SELECTOR, "[data-field=trend] path.band") == []
    points = shown.driver.find_elements(By.CSS_SELECTOR, "[data-field=banded] circle")
    assert all(28 < float(point.get_attribute("cy")) < 220 for point in points)
    shown.wait("[data-field=banded] .numbers summary").click()
    assert shown.texts("[data-field=banded] .numbers tr") == ["x Banded from to", "0 1 0.5 2", "1 3 2.5 4"]


def test_an_identifier_has_all_digits_and_no_separators(shown):
    assert value(shown, "seed") == "Seed\n1234567"


def test_a_text_of_several_lines_is_sent_as_it_was_entered(opened):
    page = opened("gallery")
    assert page.field("note").tag_name == "textarea"
    page.field("note").send_keys(" first\n\n  second \n")
    page.submit()
    page.wait("[data-field=label]", '2 none" first\\n\\n  second \\n"')


def test_a_ranking_keeps_its_order_and_takes_scores_below_zero(shown):
    assert shown.texts("[data-field=places] .ranking li") == [f"1\nlate\n{MINUS}2", "2\nearly\nbecause of a, <b>\n3.5"]


def marked(tokens: list) -> list[str]:
    """Return those tokens that look different because another one attended to them."""
    return [one.get_attribute("textContent") for one in tokens if one.value_of_css_property("box-shadow") != "none"]


def test_tokens_are_a_text_that_says_how_likely_each_of_them_was(shown):
    tokens = shown.driver.find_elements(By.CSS_SELECTOR, "[data-field=tokens] .token")
    assert [token.get_attribute("class").split("-")[1] for token in tokens] == ["0", "1", "2", "3"]
    assert [token.get_attribute("textContent") for token in tokens] == ["To", " ", "be↵\n", "!"]
    ActionChains(shown.driver).move_to_element(tokens[1]).perform()
    shown.wait("[data-field=tokens] .readout", "30.1 %; instead <b> 49.7 %")
    assert marked(tokens) == []
    ActionChains(shown.driver).move_to_element(tokens[2]).perform()
    shown.wait("[data-field=tokens] .readout", "be↵: 5.0 %. Attended to ␣ 50.0 %, what stands before 25.0 %.")
    assert marked(tokens) == [" "]
    Select(shown.wait("[data-field=tokens] select")).select_by_visible_text("1")
    ActionChains(shown.driver).move_to_element(tokens[2]).perform()
    shown.wait("[data-field=tokens] .readout", "Attended to To 70.0 %.")
    assert marked(tokens) == ["To"]
    shown.wait("[data-field=tokens] summary").click()
    assert shown.texts("[data-field=tokens] tbody tr") == ["To 90.5 %", "␣ 30.1 % <b> 49.7 %", "be↵ 5.0 %", "! 0.1 %"]


def test_effects_are_a_text_coloured_by_what_each_part_adds(shown):
    parts = shown.driver.find_elements(By.CSS_SELECTOR, "[data-field=effects] .token")
    assert [part.get_attribute("class").split()[1] for part in parts] == ["adds-3", "takes-2", "adds-0"]
    assert [part.get_attribute("textContent") for part in parts] == ["<b>so ", "it ", "is"]
    ActionChains(shown.driver).move_to_element(parts[1]).perform()
    shown.wait("[data-field=effects] .readout", f"it: {MINUS}0.60 kg")
    shown.wait("[data-field=effects] summary").click()
    assert shown.texts("[data-field=effects] tbody tr")[0] == "<b>so +2.00 kg"


def test_colours_have_names_where_something_speaks_against_the_answer(shown):
    assert shown.texts("[data-field=effects] .legend li") == ["speaks for it", "speaks against it"]
    assert shown.texts("[data-field=found] .legend li") == []


def test_records_are_a_table_with_a_row_each(shown):
    assert shown.texts("[data-field=reasons] tr") == ["field effect now", f"<b>age</b> {MINUS}0.1235", "term none"]
    assert shown.wait("[data-field=reasons] table").accessible_name == "Reasons"


def test_a_list_counts_its_items_and_what_is_no_list_is_said_at_the_field(opened):
    page = opened("gallery")
    assert page.wait("#field-words-count").text == "2 items entered"
    page.enter(words='["a", 7]')
    page.submit()
    page.wait("#field-words-error", "item 2: Input should be a valid string (got 7)")
    page.wait("form button[type=reset]").click()
    page.wait("#field-words-count", "2 items entered")
    page.enter(words="a, b")
    page.submit()
    page.wait("#field-words-error", "Input should be a valid")


def fold(page: Page) -> None:
    """Open or close the folded fields; the buttons at the lower edge are not to be in the way."""
    summary = page.wait("form details summary")
    page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", summary)
    summary.click()


def test_optional_fields_of_a_long_form_are_folded_and_open_where_something_is_wrong(opened):
    page = opened("gallery")
    assert page.texts("form details summary") == ["3 more, all optional"]
    assert page.field("mark_12").is_displayed() and not page.field("mark_13").is_displayed()
    fold(page)
    page.enter(mark_13="much")
    fold(page)
    assert not page.field("mark_13").is_displayed()
    page.submit()
    page.wait("#field-mark_13-error", "valid number")
    assert page.field("mark_13").is_displayed()
    page.enter(mark_13="2.5")
    page.submit()
    page.wait("[data-field=label]")
    assert '"mark_13": 2.5' in page.folded("curl")


def test_an_image_may_be_left_out_where_it_is_optional_and_chosen_as_a_file(opened, tmp_path):
    page = opened("gallery")
    (tmp_path / "black.png").write_bytes(base64.b64decode(gallery.BLACK))
    page.field("sketch").send_keys(str(tmp_path / "black.png"))
    page.wait(".state", f"black.png, 2 {TIMES} 3 pixels")
    page.submit()
    page.wait("[data-field=label]", "2 sketch")
    assert gallery.BLACK in page.folded("curl")
    page.wait(".clear").click()
    page.submit()
    page.wait("[data-field=label]", "2 none")


def test_an_explanation_of_a_value_adds_up_in_its_unit(opened):
    page = opened("price")
    page.submit()
    text = page.wait(".explanation").text
    assert "Before anything is known of this request the model says 0." in text
    assert "raises or lowers the price, in all to 129.9." in text and "log-odds" not in text.lower()
    assert [row.split() for row in page.texts(".explanation tbody tr")] == [["area", "100", "+130"]]
    assert page.texts(".figure") == ["129.9"]


def test_roles_that_cannot_be_loaded_are_named(driver, served, mlflow):
    mlflow.roles("price", champion="1", challenger="99")
    try:
        assert served.load("price").status_code == 200
        page = Page(driver, served.url, "price")
        page.wait(".unloadable", "The challenger is not loaded:")
        page.wait("nav a", "challenger: not loaded")
        page.submit()
        page.wait(".figure", "129.9")
        assert page.texts("nav .failure") == []
    finally:
        mlflow.roles("price", champion="1")
        served.load("price")


def test_a_capstone_that_failed_is_said_with_the_reason(driver, served, mlflow):
    mlflow.roles("unborn", champion=mlflow.register("unborn"))
    try:
        assert served.load("unborn").status_code == 503
        page = Page(driver, served.url, "unborn")
        page.wait(".notice", "needs the columns ['beyond']")
        page.wait("nav .failure", "unborn")
        page.wait("nav a", "tiny").click()
        page.field("carrier")
    finally:
        mlflow.roles("unborn")
        served.load("unborn")


def test_what_is_loading_is_said_and_appears_by_itself(driver, served, mlflow, feast_home, tmp_path):
    with starting_server(mlflow, feast_home, tmp_path / "home") as own:
        wait_for(f"{own.url}/v2/health/live", own.child, own.log)
        page = Page(driver, own.url, "tiny")
        page.wait("nav .loading", "tiny")
        assert page.wait(".notice").text.startswith("Loading\n")
        assert page.texts(".problem, .failure, .error") == []
        page.wait("#field-carrier", seconds=60)
        page.wait("nav a", "writer", seconds=60)
        page.enter(carrier="UA")
        time.sleep(2)  # another look leaves what was entered
        assert page.field("carrier").get_attribute("value") == "UA"
        assert page.texts("nav .loading") == []


def test_a_variant_of_other_fields_has_its_own_form_and_answer(driver, served, mlflow, edited):
    task = edited / "gallery" / "task.py"
    before = task.read_text()
    task.write_text(before.replace('title="Words"', 'title="Names"').replace('title="Share"', 'title="Portion"'))
    try:
        mlflow.roles("gallery", champion="1", challenger=mlflow.register("gallery", fresh=True))
        assert served.load("gallery").status_code == 200
        page = Page(driver, served.url, "gallery")
        page.wait("main label", "Words")
        Select(page.wait("#variant")).select_by_value("challenger")
        page.wait("main label", "Names")
        page.submit()
        page.wait("[data-field=share]", "Portion")
        page.wait(".prediction dl", "challenger")
        Select(page.wait("#variant")).select_by_value("champion")
        page.wait("main label", "Words")
        page.submit()
        page.wait("[data-field=share]", "Share")
        assert page.problems() == []
    finally:
        task.write_text(before)
        mlflow.roles("gallery", champion="1")
        served.load("gallery")
