"""What a step's account may do, how pods run, and who gets in."""

import json
import subprocess

import httpx
import pytest

from tests.e2e import kube

STEP = "system:serviceaccount:kubeflow:capstan-steps"
ENDPOINT = "system:serviceaccount:capstan:endpoint"
ALLOWED = [
    *[(verb, "inferenceservices") for verb in ("get", "list", "watch", "create", "patch", "delete")],
    *[(verb, "rayjobs.ray.io") for verb in ("get", "list", "watch", "create", "delete")],
    ("get", "rayclusters.ray.io"),
    *[("get", f"podtemplates/{name}") for name in ("endpoint", "ray-head", "ray-worker")],
    *[(verb, "pods") for verb in ("get", "list", "watch")],
    ("get", "pods/log"), ("get", "deployments.apps"),
]  # fmt: skip
REFUSED = [
    *[(verb, "secrets") for verb in ("get", "list", "create")],
    *[(verb, "configmaps") for verb in ("get", "list", "patch")],
    *[(verb, "pods") for verb in ("create", "patch", "delete")],
    ("create", "pods/exec"), ("create", "pods/portforward"),
    *[(verb, "deployments.apps") for verb in ("list", "create", "patch", "delete")],
    ("list", "podtemplates"), ("patch", "podtemplates/endpoint"), ("get", "podtemplates/another"),
    ("deletecollection", "inferenceservices"), ("patch", "rayjobs.ray.io"), ("create", "rayclusters.ray.io"),
    ("create", "roles.rbac.authorization.k8s.io"), ("patch", "networkpolicies.networking.k8s.io"),
    ("create", "serviceaccounts/token"), ("get", "persistentvolumeclaims"),
]  # fmt: skip
# In the namespace of Kubeflow Pipelines.
THERE = "--namespace=kubeflow"
ALLOWED_THERE = [
    ("get", "secrets/capstan-artifacts"), ("get", "configmaps/kfp-launcher"),
    ("create", "workflowtaskresults.argoproj.io"), ("patch", "workflowtaskresults.argoproj.io"),
]  # fmt: skip
REFUSED_THERE = [
    *[("get", f"secrets/{name}") for name in ("mlpipeline-minio-artifact", "capstan-signing", "capstan-registry")],
    ("list", "secrets"), ("patch", "secrets/capstan-artifacts"), ("patch", "configmaps/kfp-launcher"),
    *[(verb, "pods") for verb in ("get", "list", "create", "patch", "delete")],
    ("create", "pods/exec"), ("create", "deployments.apps"), ("patch", "workflows.argoproj.io"),
]  # fmt: skip
REFUSED_EVERYWHERE = [("list", "nodes"), ("list", "namespaces"), ("list", "secrets"), ("create", "clusterrolebindings")]


def may(account: str, verb: str, resource: str, *options: str) -> bool:
    where = options or ("--namespace=capstan",)
    done = subprocess.run(
        ["kubectl", "auth", "can-i", verb, resource, f"--as={account}", *where], capture_output=True, text=True
    )
    words = done.stdout.split()
    assert words and words[0] in ("yes", "no"), done.stderr
    return words[0] == "yes"


def test_steps_may_do_these_things_and_no_others(cluster):
    assert [pair for pair in ALLOWED if not may(STEP, *pair)] == []
    assert [pair for pair in REFUSED if may(STEP, *pair)] == []
    assert [pair for pair in ALLOWED_THERE if not may(STEP, *pair, THERE)] == []
    assert [pair for pair in REFUSED_THERE if may(STEP, *pair, THERE)] == []
    assert [pair for pair in REFUSED_EVERYWHERE if may(STEP, *pair, "--all-namespaces")] == []


def test_endpoints_may_do_nothing(cluster):
    everything = ALLOWED + REFUSED
    assert [pair for pair in everything if may(ENDPOINT, *pair)] == []


@pytest.fixture(scope="module")
def pods(ran) -> list[dict]:
    """Capstan's pods, the endpoint's among them, but not those of these tests."""
    return [pod for pod in kube.pods("app.kubernetes.io/part-of=capstan") if pod["status"]["phase"] == "Running"]


def test_pods_run_without_root_rights_tokens_or_a_disk_to_change(pods):
    assert {pod["metadata"]["labels"].get("app.kubernetes.io/name", "endpoint") for pod in pods} >= {
        "mlflow", "evidently", "postgres", "redis", "prometheus", "endpoint",
    }  # fmt: skip
    for pod in pods:
        name, spec = pod["metadata"]["name"], pod["spec"]
        volumes = [source for volume in spec["volumes"] for source in volume.get("projected", {}).get("sources", [])]
        assert not [source for source in volumes if "serviceAccountToken" in source], name
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            context = spec["securityContext"] | container["securityContext"]
            assert context["runAsNonRoot"] and context["readOnlyRootFilesystem"], (name, container["name"])
            assert context["capabilities"] == {"drop": ["ALL"]} and not context["allowPrivilegeEscalation"], name
            assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
            assert container["resources"]["limits"]["memory"], name


def test_what_they_run_as_is_what_they_say(pods):
    for pod in pods:
        for container in pod["spec"]["containers"]:
            where = ["--namespace=capstan", pod["metadata"]["name"], f"--container={container['name']}"]
            script = "id -u; (touch /usr/x) 2>&1 || true; ls /var/run/secrets/kubernetes.io 2>&1 || true"
            user, touched, token = kube.kubectl("exec", *where, "--", "sh", "-c", script).strip().splitlines()
            assert int(user) > 0 and "Read-only file system" in touched and "No such file" in token, where


def test_steps_run_without_root_rights(submitted):
    names = "-system-container-impl-"
    steps = [
        pod for pod in kube.pods(f"pipeline/runid={submitted.run_id}", "kubeflow") if names in pod["metadata"]["name"]
    ]
    assert steps
    for pod in steps:
        [main] = [container for container in pod["spec"]["containers"] if container["name"] == "main"]
        context = pod["spec"].get("securityContext", {}) | main.get("securityContext", {})
        assert context["runAsUser"] == 10001 and context["runAsNonRoot"], pod["metadata"]["name"]


def test_pod_with_root_rights_is_refused(cluster):
    body = kube.definition("e2e-root", {}, "capstan")
    body["spec"]["securityContext"] = {}
    with pytest.raises(kube.KubectlError, match="violates PodSecurity"):
        kube.kubectl("apply", "--dry-run=server", "--filename=-", input=json.dumps(body))


@pytest.mark.parametrize("name", ["mlflow", "evidently"])
def test_pages_are_closed_without_the_token(name, services):
    with httpx.Client(base_url=services.url(name)) as browser:
        for headers in ({}, {"Authorization": "Bearer not-this-one"}, {"evidently-secret": ""}):
            for path in ("/", "/api/projects", "/api/2.0/mlflow/experiments/search", "/static/x"):
                reply = browser.get(path, headers=headers)
                assert reply.status_code == 401 and len(reply.text.strip().splitlines()) == 1, path
        assert browser.get("/?token=not-this-one").status_code == 401
        assert browser.get("/health").status_code == 200


@pytest.mark.parametrize("name", ["mlflow", "evidently"])
def test_browser_gets_in_with_the_token_once_and_a_cookie_after(name, services):
    with httpx.Client(base_url=services.url(name)) as browser:
        first = browser.get("/", params={"token": services.token})
        assert first.status_code in (302, 303) and services.token not in first.headers["location"]
        cookie = first.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie
        assert browser.get("/").status_code == 200


def test_secrets_are_in_no_configmap_and_no_log(services):
    """The token is looked for where people would paste it from."""
    settings = kube.kubectl("get", "configmaps", "--namespace=capstan", "--output=json")
    settings += kube.kubectl("get", "configmap", "capstan", "--namespace=kubeflow", "--output=json")
    secrets = [services.token, kube.secret("services", "REDIS_PASSWORD"), kube.secret("services", "POSTGRES_PASSWORD")]
    assert not [secret for secret in secrets if secret in settings]
    logs = "".join(
        kube.kubectl("logs", pod["metadata"]["name"], "--namespace=capstan", "--all-containers", "--tail=2000")
        for pod in kube.pods("app.kubernetes.io/part-of=capstan")
    )
    assert not [secret for secret in secrets if secret in logs]
