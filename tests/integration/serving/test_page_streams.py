"""The page with a prediction that comes part by part."""

import time
from collections.abc import Iterator

import pytest

from tests.integration.browser import Page
from tests.support.serving import Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(server, mlflow) -> Iterator[Server]:
    """The server with `writer`, which streams."""
    mlflow.roles("writer", champion=mlflow.register("writer"))
    assert server.load("writer").status_code == 200
    yield server
    mlflow.roles("writer")
    server.load("writer")


@pytest.fixture
def page(driver, served) -> Page:
    """The form of `writer`."""
    page = Page(driver, served.url, "writer")
    page.wait("main form")
    return page


# Called with each change of the page: the words of the answer so far.
WATCH = """
window.seen = [];
new MutationObserver(() => {
  const text = document.querySelector("[data-field=text] .text");
  if (text) window.seen.push(text.textContent.split(" ").filter(Boolean).length);
}).observe(document.body, { childList: true, characterData: true, subtree: true });
"""


def test_a_stream_is_shown_as_it_comes(page):
    page.enter(words="8", pause="0.3")
    page.driver.execute_script(WATCH)
    page.submit()
    page.wait(".prediction dl")
    seen = page.driver.execute_script("return window.seen")
    assert seen == sorted(seen) and set(seen) >= {1, 2, 3, 4, 5, 6, 7, 8}
    assert page.wait("[data-field=text] .text").text == " ".join(["hello"] * 8)
    assert page.wait("[data-field=words]").text == "Words\n8"
    facts = dict(text.split("\n", 1) for text in page.texts(".prediction dl > div"))
    assert facts["Answered by"].endswith(", champion") and facts["Came as"].startswith("8 parts in ")
    assert facts["Prediction id"] in page.folded("json")
    assert page.texts(".stop") == [] and page.problems() == []


def test_a_stream_can_be_stopped(page):
    page.enter(words="1000", pause="0.2")
    page.submit()
    page.wait("[data-field=text]", "hello hello")
    page.wait(".stop").click()
    page.wait(".prediction", "Stopped.")
    words = page.wait("[data-field=text] .text").text.split()
    assert 2 <= len(words) < 100
    page.wait("main form[aria-busy=false]")
    time.sleep(0.5)
    assert page.wait("[data-field=text] .text").text.split() == words


def test_a_stream_that_fails_says_so_below_what_had_come(page):
    page.enter(words="5", fail_at="2")
    page.submit()
    page.wait(".prediction [role=alert]", "Internal error")
    assert page.wait("[data-field=text] .text").text == "hello hello"
    page.enter(fail_at="0")
    page.submit()
    page.wait("main form > [role=alert]", "Internal error")
    assert page.texts(".prediction") == []


def test_what_a_stream_refuses_is_said_at_the_field(page):
    page.enter(words="0")
    page.submit()
    page.wait("#field-words-error", "greater than or equal to 1")
    assert page.texts(".prediction") == []
