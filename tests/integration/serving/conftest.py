"""A real MLflow server, a real Feast store and the real model server, shared by the tests of this folder."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest
from openai import OpenAI
from selenium.webdriver.remote.webdriver import WebDriver

from capstan.rollout.traffic import Traffic
from capstan.settings import settings
from serving.guards.tokens import add
from tests.integration.browser import Page, chromium
from tests.integration.serving import gallery
from tests.support import capstones_of_tests as capstones
from tests.support.monitored import fill
from tests.support.processes import wait_for
from tests.support.serving import Mlflow, Server, another_server, mlflow_server, starting_server
from tests.support.texts import NAME, untrained
from tests.support.tiny_store import NOW


@pytest.fixture(scope="session")
def feast_home(tmp_path_factory) -> Path:
    """The folder of the Feast store."""
    return tmp_path_factory.mktemp("feast")


@pytest.fixture(scope="package", autouse=True)
def edited(tmp_path_factory) -> Iterator[Path]:
    """A folder of capstones that tests write; with it, the catalogue finds the tests' capstones."""
    folder = tmp_path_factory.mktemp("capstones")
    with capstones.in_catalogue(folder):
        yield folder


@pytest.fixture(scope="package")
def processes(tmp_path_factory, feast_home, edited) -> Iterator[tuple[Mlflow, Server]]:
    """MLflow and the model server, both still starting: that takes as long as the imports of the tests."""
    with ExitStack() as stack:
        tracking = stack.enter_context(mlflow_server(tmp_path_factory.mktemp("mlflow")))
        yield tracking, stack.enter_context(starting_server(tracking, feast_home, settings().home))


@pytest.fixture(scope="package")
def store(feast_home):
    """The Feast store with one row per view."""
    from tests.support.tiny_store import make_store, write

    feature_store = make_store(feast_home)
    write(feature_store, "carrier_stats", "carrier", "AA", NOW, carrier_delay=12.0, carrier_flights=30)
    write(feature_store, "airports", "origin", "JFK", datetime(1970, 1, 1, tzinfo=UTC), runways=4)
    write(feature_store, "aircraft", "tailnum", "N1", NOW, age=7.5)
    return feature_store


@pytest.fixture
def slow_store(feast_home):
    """While it is locked, look-ups of features wait."""
    database = sqlite3.connect(feast_home / "online.db", isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    yield
    database.execute("ROLLBACK")
    database.close()


@pytest.fixture(scope="package")
def mlflow(processes, store) -> Mlflow:
    """MLflow, running."""
    server = processes[0]
    wait_for(f"{server.url}/health", server.child, server.log)
    return server


@pytest.fixture(scope="package")
def server(processes, mlflow) -> Server:
    """The model server with `tiny` and `plain`, a champion each."""
    running = processes[1]
    wait_for(f"{running.url}/v2/health/ready", running.child, running.log)
    running.born_with = running.client.get("/v2/models").json()["models"]
    for name in ("tiny", "plain"):
        mlflow.roles(name, champion=mlflow.register(name, 0.0))
        assert running.load(name).status_code == 200, running.log.read_text()
    wait_for(f"{running.url}/v2/health/ready", running.child, running.log)
    return running


@pytest.fixture(scope="module")
def driver(tmp_path_factory) -> Iterator[WebDriver]:
    """Chromium."""
    with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="module")
def child() -> Iterator[Callable]:
    """Call a function of `triton` in its own process, for its protocol buffers and KServe's cannot share one."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield lambda function, *args, **options: pool.submit(function, *args, **options).result(60)


@pytest.fixture(scope="module")
def console_home(tmp_path_factory, challenger) -> Path:
    """A state folder, with what three months have left of `plain`."""
    home = tmp_path_factory.mktemp("console") / "home"
    fill(home, "plain", second=challenger)
    return home


@pytest.fixture(scope="module")
def console_tokens(tmp_path_factory) -> dict[str, str]:
    """A token of each purpose, and the file; the operator's is made by the command."""
    path = tmp_path_factory.mktemp("tokens") / "tokens"
    tokens = {"path": str(path), "ann": add(path, "ann"), "airline": add(path, "airline", "labels")}
    command = [sys.executable, "-m", "serving.guards.tokens", "add", "olga", "--for", "operator", "--file", str(path)]
    tokens["olga"] = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return tokens


@pytest.fixture(scope="module")
def challenger(server, mlflow) -> Iterator[str]:
    """A version of `plain` that is the challenger of its first."""
    second = mlflow.register("plain", 2.0)
    mlflow.roles("plain", Traffic("canary", 20), champion="1", challenger=second, since="2013-12-30T00:00:00+00:00")
    yield second
    mlflow.roles("plain", champion="1")


@pytest.fixture(scope="module")
def console(mlflow, feast_home, console_home, console_tokens, challenger) -> Iterator[Server]:
    """A server that knows these tokens."""
    with another_server(mlflow, feast_home, console_home, CAPSTAN_TOKENS_FILE=console_tokens["path"]) as own_server:
        yield own_server


@pytest.fixture(scope="module")
def texts_home(tmp_path_factory) -> Path:
    """The state folder of `texts`."""
    return tmp_path_factory.mktemp("openai") / "home"


@pytest.fixture(scope="module")
def texts(server, mlflow, feast_home, texts_home) -> Iterator[Server]:
    """A server that wants a token, with a small language model and models that make other texts."""
    versions = {"telegraph": mlflow.register("telegraph"), "writer": mlflow.register("writer")}
    versions[NAME] = mlflow.register(NAME, model=untrained())
    for name, version in versions.items():
        mlflow.roles(name, champion=version)
    env = {"CAPSTAN_SERVE": ",".join(versions), "CAPSTAN_TOKENS_FILE": str(texts_home.with_name("tokens"))}
    token = add(texts_home.with_name("tokens"), "ann")
    with another_server(mlflow, feast_home, texts_home, **env) as own_server:
        own_server.client.headers["Authorization"] = f"Bearer {token}"
        yield own_server
    for name in versions:
        mlflow.roles(name)


@pytest.fixture(scope="module")
def openai(texts) -> OpenAI:
    """OpenAI's client of `texts`."""
    token = texts.client.headers["Authorization"].removeprefix("Bearer ")
    return OpenAI(base_url=f"{texts.url}/v1", api_key=token, max_retries=0)


@pytest.fixture(scope="module")
def gallery_served(server, mlflow, edited) -> Iterator[Server]:
    """The server with `price`, which explains, `writer`, and `gallery`."""
    (edited / "gallery").mkdir(exist_ok=True)
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
def opened(driver, gallery_served) -> Callable[[str], Page]:
    """Open the form of a model."""

    def open_(name: str) -> Page:
        page = Page(driver, gallery_served.url, name)
        page.wait("main form")
        return page

    return open_
