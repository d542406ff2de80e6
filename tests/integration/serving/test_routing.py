"""How the variant of a request is chosen in a roll-out, and what the log says of it."""

import pytest

from capstan.rollout.traffic import Traffic
from predictions import read
from tests.support.serving import tensors

TRAFFIC, SALT = Traffic("canary", 50), "5a1f"
VALUES = range(40)


@pytest.fixture
def canary(server, mlflow):
    """A server on which a second version of `plain` answers half of the keys."""
    second = mlflow.register("plain", 1.0)
    mlflow.roles("plain", TRAFFIC, champion="1", challenger=second, salt=SALT)
    assert server.load("plain").status_code == 200
    yield server
    mlflow.roles("plain", champion="1")
    assert server.load("plain").status_code == 200


def ask(server, value: int, headers: dict | None = None) -> tuple[str, str]:
    """Return the variant that answered, and the id of the prediction."""
    [answer] = server.predict({"x": value}, name="plain", headers=headers).json()["predictions"]
    return answer["variant"], answer["prediction_id"]


def test_canary_draws_anew_for_each_request(canary):
    """So nothing that a client tries, such as an explanation of the same row, says where a request will go."""
    assert {ask(canary, 7)[0] for _ in VALUES} == {"champion", "challenger"}


def test_key_stays_with_its_variant_and_only_the_secret_of_the_roll_out_says_which(canary):
    keys = [f"session {value}" for value in VALUES]
    first, again = ([ask(canary, 7, {"x-capstan-key": key})[0] for key in keys] for _ in range(2))
    assert first == [TRAFFIC.variant(key, SALT) for key in keys] == again
    assert first != [TRAFFIC.variant(key) for key in keys]  # as anybody could compute it


def test_ab_test_goes_by_the_first_row(canary, mlflow):
    mlflow.roles("plain", Traffic("ab", 50), champion="1", challenger="2", salt=SALT)
    assert canary.load("plain").status_code == 200
    answers = [ask(canary, value) for value in VALUES]
    assert [variant for variant, _ in answers] == [Traffic("ab", 50).variant(f"{value}|None", SALT) for value in VALUES]
    assert read("plain").set_index("prediction_id").loc[answers[0][1], "routed_by"] == "key"


def test_log_says_how_the_variant_was_chosen(canary):
    drawn = ask(canary, 1001)[1]
    keyed = ask(canary, 1003, {"x-capstan-key": "anna"})[1]
    named = ask(canary, 1004, {"x-capstan-variant": "challenger"})[1]
    [tensor] = tensors({"x": 1001.0})
    reply = canary.infer(tensor | {"data": [1001], "datatype": "INT64"}, name="plain").json()
    inferred = next(output["data"][0] for output in reply["outputs"] if output["name"] == "prediction_id")
    rows = read("plain").set_index("prediction_id").loc[[drawn, keyed, named, inferred]]
    assert list(rows["routed_by"]) == ["draw", "key", "name", "draw"]


def test_without_a_roll_out_nothing_is_drawn(server):
    id_ = ask(server, 1)[1]
    row = read("plain").set_index("prediction_id").loc[id_]
    assert (row["routed_by"], row["client"]) == ("", "")


def test_log_names_the_client_of_the_token(console, console_home, console_tokens):
    bearer = {"authorization": f"Bearer {console_tokens['ann']}"}
    [answer] = console.predict({"x": 5}, name="plain", headers=bearer).json()["predictions"]
    log = read("plain", folder=console_home / "predictions").set_index("prediction_id")
    assert log.loc[answer["prediction_id"], "client"] == "ann"


def test_nobody_is_shown_the_secret(canary):
    for path in ("/v2/models/plain", "/v2", "/v2/monitoring", "/v2/monitoring/plain", "/metrics"):
        assert SALT not in canary.client.get(path).text, path
