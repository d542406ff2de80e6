"""Two teams on one cluster: each has a Capstan of its own, and neither reads what the other has."""

import json
from collections.abc import Callable

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.e2e import kube
from tests.e2e.conftest import HERE
from tests.e2e.endpoint import CAPSTONE, FLIGHT, PROBABILITY, SERVICE
from tests.e2e.test_security import may

pytestmark = [pytest.mark.long, pytest.mark.alone]
FIRST, SECOND = TEAMS = ("capstan", "capstan-e2e-team")
OWN = {"CAPSTAN_NAMESPACE": SECOND}
# What a team's steps, endpoints and training jobs reach of their own.
SERVICES = {"mlflow": 5000, "evidently": 8000, "postgres": 5432, "redis": 6379, f"{SERVICE}-predictor": 80}
REACHED = {
    "step": {"mlflow", "evidently", "postgres", "redis", f"{SERVICE}-predictor"},
    "endpoint": {"mlflow", "postgres", "redis"},
    "ray": {"mlflow"},
}
ROLES = ("capstan-secrets", "endpoint-secrets", "training-secrets")  # each with keys of the object store


@pytest.fixture(scope="module")
def team(ran) -> dict:
    """The summary of the second team's first run. Whatever happens, the first team is alone at the end."""
    try:
        done = kube.capstan("cluster", "up", **OWN)
        assert done.returncode == 0, done.stderr
        yield kube.answer("run", CAPSTONE, **OWN)
    finally:
        done = kube.capstan("cluster", "down", "--yes", **OWN)
    assert done.returncode == 0, done.stderr


def folder(team: str) -> str:
    """Return where the artifacts of a team's runs are, in the bucket of Kubeflow Pipelines."""
    return "v2/artifacts/" if team == FIRST else f"teams/{team}/"


def test_both_run_serve_and_answer(team, endpoint):
    assert (team["verdict"], team["version"]) == ("accepted", "1")
    options = [f"--entity={name}={value}" for name, value in FLIGHT.items()]
    [answer] = kube.answer("predict", CAPSTONE, *options, **OWN)["predictions"]
    assert round(answer["probability"], 3) == PROBABILITY
    assert round(endpoint.predict(FLIGHT)[0]["probability"], 3) == PROBABILITY
    for environment in ({}, OWN):
        assert kube.answer("cluster", "status", **environment)["troubles"] == []
    steps = kube.pods(f"{SECOND}/capstone", namespace="kubeflow")
    assert steps and {pod["spec"]["serviceAccountName"] for pod in steps} == {f"{SECOND}-steps"}


def test_runs_go_on_side_by_side(team, services):
    """Neither waits for the other's, nor takes its results from the cache."""
    both = [kube.start("run", CAPSTONE, "--seed", "5", "--json", **environment) for environment in ({}, OWN)]
    outputs = [child.communicate(timeout=900) for child in both]
    assert [child.returncode for child in both] == [0, 0], outputs
    first, second = (json.loads(out) for out, _ in outputs)
    uris = [str(services.run(answer["run"])) for answer in (first, second)]
    assert SECOND not in uris[0] and f"{SECOND}-flight-delay" in uris[1]


def test_no_token_opens_the_other_teams_services(team):
    for own, other in (TEAMS, TEAMS[::-1]):
        secrets = [("capstan-secrets", "CAPSTAN_TOKEN"), ("endpoint-secrets", "CAPSTAN_TOKEN")]
        tokens = [kube.secret(*secret, namespace=own) for secret in secrets]
        with (
            kube.forward("svc/mlflow", 5000, other) as mlflow,
            kube.forward("svc/evidently", 8000, other) as evidently,
            kube.forward(f"svc/{SERVICE}-predictor", 80, other) as rest,
        ):
            for token in tokens:
                headers = {"Authorization": f"Bearer {token}"}
                for url in (
                    f"http://127.0.0.1:{mlflow}/api/2.0/mlflow/registered-models/search",
                    f"http://127.0.0.1:{evidently}/api/projects",
                    f"http://127.0.0.1:{rest}/v1/models/{CAPSTONE}",
                ):
                    assert httpx.get(url, headers=headers, timeout=30).status_code in (401, 403), url


def is_open(use: Callable, **where: str | bytes) -> bool:
    """Return whether the object store lets a request through. What is not there is no refusal."""
    try:
        use(**where)
    except ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403, error
        return False
    return True


def test_no_key_opens_the_other_teams_files(team, services):
    for own, other in (TEAMS, TEAMS[::-1]):
        roles = [(name, "CAPSTAN_S3_ACCESS_KEY", "CAPSTAN_S3_SECRET_KEY", own) for name in ROLES]
        roles.append((f"{own}-artifacts", "accesskey", "secretkey", "kubeflow"))
        for name, access, hidden, where in roles:
            client = services.s3(*(kube.secret(name, key, where) for key in (access, hidden)))
            mine = "mlpipeline" if where == "kubeflow" else own
            assert is_open(client.list_objects_v2, Bucket=mine)
            assert not is_open(client.list_objects_v2, Bucket=other)
            for bucket, key in (
                (other, "predictions/e2e"),
                (other, "mlflow/e2e"),
                ("mlpipeline", f"{folder(other)}e2e"),
            ):
                assert not is_open(client.put_object, Bucket=bucket, Key=key, Body=b"e2e"), (name, bucket, key)
                assert not is_open(client.get_object, Bucket=bucket, Key=key), (name, bucket, key)


def test_pods_reach_their_own_services_alone(team):
    who = {
        (own, role): kube.definition(f"e2e-{role}-of-{own}", labels, where)
        for own in TEAMS
        for role, where, labels in (
            ("step", "kubeflow", {"pipeline/runid": f"e2e-{own}", f"{own}/capstone": "e2e"}),
            ("endpoint", own, {"serving.kserve.io/inferenceservice": "e2e"}),
            ("ray", own, {"ray.io/cluster": "e2e"}),
        )
    }
    where = [(own, name) for own in TEAMS for name in SERVICES]
    addresses = [(kube.get("service", name, namespace=own)["spec"]["clusterIP"], SERVICES[name]) for own, name in where]
    with kube.running(*who.values()) as pods:
        for (own, role), pod in zip(who, pods, strict=True):
            found = pod.run(HERE / "in_pod" / "reach.py", json.dumps(addresses))
            reached = {pair for pair, is_open in zip(where, found, strict=True) if is_open}
            assert reached == {(own, name) for name in REACHED[role]}, (own, role)


def test_no_account_may_use_the_other_teams_objects(team):
    for own, other in (TEAMS, TEAMS[::-1]):
        steps, there = f"system:serviceaccount:kubeflow:{own}-steps", f"--namespace={other}"
        assert may(steps, "create", "inferenceservices", f"--namespace={own}")
        for verb, resource in (
            *(("create", "inferenceservices"), ("get", "inferenceservices"), ("create", "rayjobs.ray.io")),
            *(("list", "pods"), ("get", "pods/log"), ("get", "secrets"), ("get", "configmaps")),
        ):
            assert not may(steps, verb, resource, there), (own, verb, resource)
        for name in ("artifacts", "registry", "bucket", "features"):
            assert not may(steps, "get", f"secrets/{other}-{name}", "--namespace=kubeflow")
        assert may(steps, "get", f"secrets/{own}-artifacts", "--namespace=kubeflow")


def test_a_team_that_goes_takes_nothing_of_the_others(team, services):
    done = kube.answer("cluster", "down", "--yes", **OWN)
    assert any(SECOND in line for line in done["deleted"])
    part_of = [f"--selector=app.kubernetes.io/instance={SECOND}", "--output=name", "--namespace=kubeflow"]
    assert kube.kubectl("get", "configmaps,secrets,networkpolicies,serviceaccounts,roles", *part_of) == ""
    launcher = kube.get("configmap", "kfp-launcher", namespace="kubeflow")["data"]["providers"]
    assert SECOND not in launcher and "capstan-artifacts" in launcher
    assert kube.answer("cluster", "status")["troubles"] == []
    assert services.summary()["verdict"] == "accepted"
