"""The page's form with fields of every type, what is loading, and what cannot be loaded."""

import base64
import time

import pytest
from selenium.webdriver.support.ui import Select

from tests.integration.browser import Page
from tests.integration.serving import gallery
from tests.support.processes import wait_for
from tests.support.serving import starting_server

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
TIMES = "\N{MULTIPLICATION SIGN}"


def test_a_text_of_several_lines_is_sent_as_it_was_entered(opened):
    page = opened("gallery")
    assert page.field("note").tag_name == "textarea"
    page.field("note").send_keys(" first\n\n  second \n")
    page.submit()
    page.wait("[data-field=label]", '2 none" first\\n\\n  second \\n"')


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


def test_roles_that_cannot_be_loaded_are_named(driver, gallery_served, mlflow):
    mlflow.roles("price", champion="1", challenger="99")
    try:
        assert gallery_served.load("price").status_code == 200
        page = Page(driver, gallery_served.url, "price")
        page.wait(".unloadable", "The challenger is not loaded:")
        page.wait("nav a", "challenger: not loaded")
        page.submit()
        page.wait(".figure", "129.9")
        assert page.texts("nav .failure") == []
    finally:
        mlflow.roles("price", champion="1")
        gallery_served.load("price")


def test_a_capstone_that_failed_is_said_with_the_reason(driver, gallery_served, mlflow):
    mlflow.roles("unborn", champion=mlflow.register("unborn"))
    try:
        assert gallery_served.load("unborn").status_code == 503
        page = Page(driver, gallery_served.url, "unborn")
        page.wait(".notice", "needs the columns ['beyond']")
        page.wait("nav .failure", "unborn")
        page.wait("nav a", "tiny").click()
        page.field("carrier")
    finally:
        mlflow.roles("unborn")
        gallery_served.load("unborn")


def test_what_is_loading_is_said_and_appears_by_itself(driver, gallery_served, mlflow, feast_home, tmp_path):
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


def test_a_variant_of_other_fields_has_its_own_form_and_answer(driver, gallery_served, mlflow, edited):
    task = edited / "gallery" / "task.py"
    before = task.read_text()
    task.write_text(before.replace('title="Words"', 'title="Names"').replace('title="Share"', 'title="Portion"'))
    try:
        mlflow.roles("gallery", champion="1", challenger=mlflow.register("gallery", fresh=True))
        assert gallery_served.load("gallery").status_code == 200
        page = Page(driver, gallery_served.url, "gallery")
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
        gallery_served.load("gallery")
