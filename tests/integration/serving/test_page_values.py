"""The page with answers of every type."""

from collections.abc import Callable

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.integration.browser import Page
from tests.integration.serving import gallery

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


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
    for pressed, ending in (("short", ' none"short"'), ("long", ' none"long"'), ("long", " none")):
        shown.wait("[data-field=facets] button", pressed).click()
        until(shown, "label", lambda text, ending=ending: text.endswith(ending))
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


def test_a_ranking_keeps_its_order_and_takes_scores_below_zero(shown):
    assert shown.texts("[data-field=places] .ranking li") == [f"1\nlate\n{MINUS}2", "2\nearly\nbecause of a, <b>\n3.5"]


def marked(tokens: list) -> list[str]:
    """Return those tokens that look different because another one attended to them."""
    return [
        token.get_attribute("textContent") for token in tokens if token.value_of_css_property("box-shadow") != "none"
    ]


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


def test_an_explanation_of_a_value_adds_up_in_its_unit(opened):
    page = opened("price")
    page.submit()
    text = page.wait(".explanation").text
    assert "Before anything is known of this request the model says 0." in text
    assert "raises or lowers the price, in all to 129.9." in text and "log-odds" not in text.lower()
    assert [row.split() for row in page.texts(".explanation tbody tr")] == [["area", "100", "+130"]]
    assert page.texts(".figure") == ["129.9"]
