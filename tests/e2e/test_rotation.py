"""`capstan cluster rotate` under load: new keys for every role. It takes about four minutes."""

import httpx
import pytest

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, FLIGHT, PROBABILITY, SERVICE, predicted
from tests.e2e.load import load
from tests.e2e.test_keys import ENDPOINT, held, may

pytestmark = [pytest.mark.long, pytest.mark.alone]

KEPT = {  # of the stores themselves: docs/operations.md changes them by hand
    *("POSTGRES_PASSWORD", "MLFLOW_DB_PASSWORD", "FEAST_DB_PASSWORD", "REDIS_PASSWORD", "MLFLOW_BACKEND_STORE_URI"),
    *("CAPSTAN_FEAST_REGISTRY", "CAPSTAN_ONLINE_STORE"),
}


@pytest.fixture(scope="module")
def rotated(ran, client, services):
    """The Secrets before and after a rotation, and what the endpoint's clients received meanwhile."""
    before = held()
    with load(client) as seen:
        done = kube.answer("cluster", "rotate", timeout=900)
    assert [step["step"] for step in done["steps"]][-1] == "old keys"
    yield before, held(), seen
    services.read_token()


def test_no_request_fails_while_keys_change(rotated):
    _before, _after, seen = rotated
    assert not seen.failures, seen.failures
    assert len(seen.ids) > 100


def test_every_key_of_a_role_is_another(rotated):
    before, after, _seen = rotated
    for name, values in before.items():
        same = {key for key, value in values.items() if value and after[name][key] == value}  # "": no key of that kind
        assert same <= (KEPT if name in ("capstan-secrets", "services") else set()), name


def test_rotated_keys_do_the_same_and_serve(rotated):
    assert all(allowed == ENDPOINT for allowed in may())
    assert predicted() == PROBABILITY


def test_old_token_is_refused_once_the_list_has_come(rotated, services):
    with kube.forward(f"svc/{SERVICE}-predictor", 80) as port:
        url, body = f"http://127.0.0.1:{port}/v1/models/{CAPSTONE}:predict", {"instances": [FLIGHT]}
        kube.wait_until(  # `services` has the token from before
            lambda: httpx.post(url, json=body, headers=services.bearer).status_code == 401, 150, "the end of the token"
        )
