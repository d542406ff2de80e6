"""Many capstones in one server: they load side by side, and on first use where the memory is bounded."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from serving.model.memory import VERSION_BYTES
from tests.small_capstones.models import Heavy
from tests.support.capstones_of_tests import FOLDER
from tests.support.processes import wait_until
from tests.support.serving import Server, another_server, starting_server

pytestmark = [pytest.mark.slow, pytest.mark.rotating]

NAMES = [f"copy_{number}" for number in range(6)]
MIB = 2**20
WEIGHTS = 24  # MiB of each
ONE = WEIGHTS * MIB + 2 * VERSION_BYTES  # and some more: the rest of its files
LATE = """
    def predict_columns(self, columns):
        from pipelines.{name}.own import NUMBER
        return {{"probability": [NUMBER / 10] * len(columns["x"])}}
"""


@pytest.fixture(scope="module")
def copies(server, mlflow, edited) -> list[str]:
    """Six copies of `plain`. Each answers with a number in its own module, which it imports late."""
    text = (FOLDER / "plain" / "task.py").read_text()
    for number, name in enumerate(NAMES):
        (edited / name).mkdir()
        (edited / name / "own.py").write_text(f"NUMBER = {number}\n")
        model = "\n\nclass Own(Heavy):\n" + LATE.format(name=name)
        model += f'\n\ndef train(tables, bias=0.0):\n    return Own(["x", "y"], {WEIGHTS})\n'
        imports = "from tests.small_capstones.models import Heavy, Sum"
        (edited / name / "task.py").write_text(
            text.replace("from tests.small_capstones.models import Sum", imports) + model
        )
        mlflow.roles(name, champion=mlflow.register(name, 0.0))
    yield NAMES
    for name in NAMES:
        mlflow.roles(name)


@pytest.fixture(scope="module")
def bounded(copies, mlflow, feast_home, tmp_path_factory) -> Server:
    """A server with room for three of the copies, and for nothing else."""
    home, room = tmp_path_factory.mktemp("bounded"), str(3 * ONE)
    names = ",".join(NAMES)
    with another_server(mlflow, feast_home, home, CAPSTAN_SERVING_MEMORY=room, CAPSTAN_SERVE=names) as own:
        yield own


def answer(server: Server, name: str) -> float:
    """Ask, and come again while the capstone is loading: a busy machine takes longer than a request may wait."""
    reply = server.predict({"x": 1}, name=name)
    while reply.status_code == 503 and "retry-after" in reply.headers:
        time.sleep(1)
        reply = server.predict({"x": 1}, name=name)
    assert reply.status_code == 200, reply.text
    return reply.json()["predictions"][0]["probability"]


def state(server: Server, field: str = "models") -> list[str]:
    return list(server.client.get("/v2").json()[field])


def test_capstones_that_load_side_by_side_keep_their_own_code(copies, mlflow, feast_home, tmp_path):
    with another_server(mlflow, feast_home, tmp_path / "home") as own:
        assert set(NAMES) <= set(state(own)) and state(own, "standby") == []
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(lambda name: answer(own, name), NAMES)) == [n / 10 for n in range(6)]


def test_a_capstone_that_is_broken_or_slow_does_not_hold_up_the_others(copies, mlflow, feast_home, tmp_path, edited):
    """The first by name hangs while it loads. The others answer meanwhile."""
    (edited / "a_slow_one").mkdir()
    text = (FOLDER / "plain" / "task.py").read_text()
    (edited / "a_slow_one" / "task.py").write_text(text)
    gate = tmp_path / "gate"
    version = mlflow.register("a_slow_one", model=Heavy(["x", "y"], 1, gate=str(gate)), fresh=True)
    mlflow.roles("a_slow_one", champion=version)
    try:
        with starting_server(mlflow, feast_home, tmp_path / "home") as own:
            wait_until(lambda: _answers(own, NAMES[-1]))
            reply = own.predict({"x": 1}, name="a_slow_one")
            assert reply.status_code == 503 and reply.headers["retry-after"] == "2"
            assert own.client.get("/v2/health/ready").status_code == 200
            gate.touch()
            wait_until(lambda: _answers(own, "a_slow_one"))
    finally:
        mlflow.roles("a_slow_one")


def _answers(server: Server, name: str) -> bool:
    try:
        return server.predict({"x": 1}, name=name).status_code == 200
    except httpx.HTTPError:
        return False


def test_what_has_no_room_is_loaded_by_its_first_request_and_the_least_recently_used_goes(bounded):
    loaded, standby = state(bounded), state(bounded, "standby")
    assert len(loaded) == 3 and sorted(loaded + standby) == NAMES
    assert bounded.client.get("/v2/health/ready").status_code == 200
    assert {bounded.client.get(f"/v2/models/{name}/ready").status_code for name in NAMES} == {200}
    assert sorted(bounded.client.get("/v2/models").json()["models"]) == NAMES
    rows = {row["name"]: row for row in bounded.client.post("/v2/repository/index").json()}
    assert rows[standby[0]]["state"] == "UNAVAILABLE" and "Its first request loads it" in rows[standby[0]]["reason"]
    for name in loaded:
        answer(bounded, name)
    assert answer(bounded, standby[0]) == NAMES.index(standby[0]) / 10
    assert sorted(state(bounded)) == sorted([*loaded[1:], standby[0]])
    assert loaded[0] in state(bounded, "standby")


def test_first_requests_that_come_together_share_one_load(bounded):
    name = state(bounded, "standby")[0]
    before = bounded.log.read_text().count("is unloaded to make room")
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: answer(bounded, name), range(8))) == {NAMES.index(name) / 10}
    assert bounded.log.read_text().count("is unloaded to make room") == before + 1


def test_memory_stays_within_its_bounds_however_often_capstones_change(bounded):
    process, sizes = psutil.Process(bounded.child.pid), []
    for _round in range(8):
        for name in NAMES:
            answer(bounded, name)
        sizes.append(process.memory_info().rss / MIB)
    # The first rounds fill the pools of Python and NumPy. The last four load 24 times a model's weights.
    assert sizes[-1] < sizes[3] + 2 * WEIGHTS, sizes


def test_clients_of_all_capstones_at_once_are_answered_or_asked_to_come_again(bounded):
    statuses, wrong, lock = [], [], threading.Lock()

    def ask(number: int) -> None:
        for turn in range(6):
            name = NAMES[(number + turn) % 6]
            reply = bounded.predict({"x": 1}, name=name)
            with lock:
                statuses.append(reply.status_code)
                if reply.status_code == 503 and "retry-after" not in reply.headers:
                    wrong.append(reply.text)
                if reply.status_code == 200 and reply.json()["predictions"][0]["probability"] != NAMES.index(name) / 10:
                    wrong.append(reply.text)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(ask, range(6)))
    assert wrong == [] and set(statuses) <= {200, 503} and 200 in statuses


def test_a_budget_too_small_for_a_capstone_says_what_to_set(copies, mlflow, feast_home, tmp_path):
    env = {"CAPSTAN_SERVING_MEMORY": str(8 * MIB), "CAPSTAN_SERVE": f"plain,{NAMES[0]}"}
    with another_server(mlflow, feast_home, tmp_path / "home", **env) as own:
        assert own.predict({"x": 1}, name="plain").status_code == 200
        for reply in (own.predict({"x": 1}, name=NAMES[0]), own.load(NAMES[0])):
            assert reply.status_code == 503 and "CAPSTAN_SERVING_MEMORY is 8 MiB. Set it to" in reply.json()["error"]
