"""What a page of another site can do to a server without tokens, in Chromium: nothing."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from predictions import labelled, read
from tests.integration.browser import Page, chromium
from tests.support.http_server import answering
from tests.support.tiny_store import FLIGHT, NOW

pytestmark = pytest.mark.slow
POST = """
const [url, body, done] = arguments;
fetch(url, {method: "POST", mode: "no-cors", headers: {"content-type": "text/plain"}, body}).then(
    (reply) => done(reply.type), (error) => done(`${error}`));
"""
FORM = """
const [url, name] = arguments;
const form = Object.assign(document.createElement("form"), {method: "post", action: url, enctype: "text/plain"});
form.append(Object.assign(document.createElement("input"), {name, value: ""}));
document.body.append(form);
form.submit();
"""
READ = """
const [url, done] = arguments;
fetch(url).then(async (reply) => done([reply.status, await reply.text()]), (error) => done([0, `${error}`]));
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Iterator[int]:
    """The port of another site on this machine."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "index.html").write_text("<!doctype html><title>Elsewhere</title><body><h1>Elsewhere</h1></body>")
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    with answering(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as site:
        yield site.server_port


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    """Chromium, for which a name of the attacker's points to this machine."""
    with chromium(tmp_path_factory.mktemp("rebound"), "--host-resolver-rules=MAP *.test 127.0.0.1") as running:
        yield running


@pytest.fixture(params=["127.0.0.1", "localhost", "other.test"])
def page(driver, elsewhere, request) -> Page:
    """A page of the other site, by each of its names."""
    opened = Page(driver, f"http://{request.param}:{elsewhere}")
    opened.wait("h1", "Elsewhere")
    return opened


def test_a_page_of_another_site_changes_nothing(page, server):
    [id_] = [prediction["prediction_id"] for prediction in server.predict(FLIGHT).json()["predictions"]]
    plain = server.client.get("/v2/monitoring/plain").json()
    before = len(read("plain")), len(labelled("tiny"))
    actual = f'{{"actuals": [{{"prediction_id": "{id_}", "label": true, "known_at": "{NOW.isoformat()}"}}]}}'
    for path, body in (
        ("/v1/models/plain:predict", '{"instances": [{"x": 1}]}'),
        ("/v2/models/tiny/actuals", actual),
        ("/v2/repository/models/plain/unload", "{}"),
        ("/v2/monitoring/plain/pause", '{"reason": "None."}'),
    ):
        assert page.driver.execute_async_script(POST, server.url + path, body) == "opaque"
    for path, body in (
        ("/v2/repository/models/plain/unload", "{}"),
        ("/v1/models/plain:predict", '{"instances": [{"x": 1}], "a": "'),
    ):
        page.driver.execute_script(FORM, server.url + path, body)
        page.wait("body", "A page of another site may change nothing here without a token.")
        page.driver.back()
        page.wait("h1", "Elsewhere")
    assert (len(read("plain")), len(labelled("tiny"))) == before
    assert server.client.get("/v2/models/plain/ready").status_code == 200
    assert server.client.get("/v2/monitoring/plain").json() == plain


def test_a_page_of_another_site_reads_nothing(page, server):
    for path in ("/v2/monitoring", "/v2/models"):
        status, text = page.driver.execute_async_script(READ, server.url + path)
        assert (status, text) == (0, "TypeError: Failed to fetch")


@pytest.mark.parametrize("name", ["evil.test", "127.0.0.1.evil.test"])
def test_a_name_that_was_made_to_point_here_reads_nothing_and_changes_nothing(driver, server, name):
    before = len(read("plain"))
    Page(driver, f"http://{name}:{server.port}").wait("main")  # which holds no data
    for path in ("/v2/monitoring", "/v2/models", "/openapi.json"):
        status, text = driver.execute_async_script(READ, path)
        assert status == 403 and "CAPSTAN_ALLOWED_HOSTS" in text, text
    driver.execute_async_script(POST, "/v1/models/plain:predict", '{"instances": [{"x": 1}]}')
    assert len(read("plain")) == before


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "capstan.localhost"])
def test_the_servers_own_pages_work(driver, server, name):
    before = len(read("plain"))
    page = Page(driver, f"http://{name}:{server.port}", path="/monitoring")
    page.wait(".capstone[data-name=plain]")
    page = Page(driver, f"http://{name}:{server.port}", "plain")
    page.enter(x="1.5")
    page.submit()
    page.wait(".figure")
    assert len(read("plain")) == before + 1
