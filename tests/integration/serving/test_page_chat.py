"""The page's conversation with a model, in Chromium."""

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from predictions import read
from tests.integration.browser import Page
from tests.support.processes import wait_until
from tests.support.serving import Server, another_server
from tests.support.texts import NAME, untrained

pytestmark = [pytest.mark.slow, pytest.mark.rotating]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("chat") / "home"


@pytest.fixture(scope="module")
def small(mlflow) -> Iterator[str]:
    """The version of a small model, which is the champion."""
    version = mlflow.register(NAME, model=untrained())
    mlflow.roles(NAME, champion=version)
    yield version
    mlflow.roles(NAME)


@pytest.fixture(scope="module")
def own(server, small, mlflow, feast_home, home) -> Iterator[Server]:
    with another_server(mlflow, feast_home, home, CAPSTAN_SERVE=NAME) as own_server:
        yield own_server


@pytest.fixture
def chat(own, driver) -> Page:
    """The page's conversation with the model."""
    page = Page(driver, own.url, NAME)
    page.wait(".views button", "Chat").click()
    return page


def answered(page: Page, count: int) -> None:
    """Wait for the end of the answer of a turn."""
    page.wait(f".turns[aria-busy=false] li:nth-child({2 * count})")


def test_conversation_on_the_page_goes_on_and_begins_again(chat, own, home):
    assert not chat.driver.find_element(By.ID, "field-prompt").is_displayed()
    chat.wait("#message").send_keys("Who's there?\n")
    answered(chat, 1)
    chat.wait("#message").send_keys("Stand and unfold yourself.\n")
    answered(chat, 2)
    assert [text.lower() for text in chat.texts(".turns h3")] == ["you", NAME] * 2
    first = chat.driver.find_elements(By.CSS_SELECTOR, ".said")[1].get_property("textContent")
    assert len(first) > 10
    wait_until(lambda: any(first in row["prompt"] for row in read(NAME, folder=home / "predictions")["inputs"]))
    chat.wait(".message button", "New conversation").click()
    assert chat.texts(".turns li") == [] and chat.problems() == []


def test_page_shows_how_likely_each_token_of_an_answer_was_and_what_it_attended_to(chat):
    chat.wait("#likely").click()
    chat.wait("#message").send_keys("Who's there?\n")
    answered(chat, 1)
    tokens = chat.driver.find_elements(By.CSS_SELECTOR, ".turns .token")
    assert len(tokens) > 10 and all("unlikely" in token.get_attribute("class") for token in tokens)
    ActionChains(chat.driver).move_to_element(tokens[9]).perform()
    chat.wait(".turns .readout", "Attended to ")
    chat.wait(".turns summary").click()
    assert "%" in chat.texts(".turns tbody tr")[0]


def test_message_that_is_refused_is_kept_and_can_be_changed(chat):
    chat.driver.execute_script("document.getElementById('message').value = 'x'.repeat(3000)")
    chat.wait(".message button", "Send").click()
    chat.wait(".message .error", "2000")
    assert chat.texts(".turns li") == []
    assert len(chat.wait("#message").get_property("value")) == 3_000
    chat.wait("#message").clear()
    chat.wait("#message").send_keys("Who's there?\n")
    answered(chat, 1)
    assert chat.wait(".message .error").text == ""


def test_answer_that_is_stopped_on_the_page_is_stopped_in_the_engine(chat, own, home, small, mlflow):
    mlflow.roles(NAME, champion=mlflow.register(NAME, model=untrained(512, 8)))
    assert own.load(NAME).status_code == 200
    chat.wait("#message").send_keys("Who's there?\n")
    answer = chat.wait(".turns li:nth-child(2) .said")
    wait_until(lambda: answer.get_property("textContent"))  # a large model begins late on a busy machine
    chat.wait(".message button.stop", "Stop").click()
    chat.wait(".turns li:nth-child(2)", "Stopped.")
    wait_until(lambda: read(NAME, folder=home / "predictions")["partial"].any())
    mlflow.roles(NAME, champion=small)
    assert own.load(NAME).status_code == 200
