"""One cluster and one run of the flagship, which all tests share; they keep the order of the files.

`lanes` says which run next to them.

The cluster must have Capstan of this checkout: `make cluster`. Without one, pytest ends with a line that says so.
"""

from pathlib import Path

import httpx
import pytest

from tests.e2e import kube, lanes
from tests.e2e.endpoint import CAPSTONE, Endpoint
from tests.e2e.services import Services
from tests.e2e.submission import LocalRun, Submission, submit

HERE = Path(__file__).parent
pytest_runtest_protocol = lanes.pytest_runtest_protocol
# From the submission on, as a user would go; what harms the cluster comes late.
ORDER = (
    *(
        "submit",
        "run",
        "laptop",
        "endpoint",
        "rollouts",
        "predictions_log",
        "monitoring",
        "scoring",
        "circle",
        "security",
    ),
    *("network", "keys", "schemas", "pipelines", "ray", "weights", "new_image", "retention", "code_edit", "failing"),
    "capstones",
    # The long ones.
    *("training", "ray_autoscaling", "autoscaling", "documentation", "alerts", "digests", "rotation", "signing"),
    *("operations", "lost_stores", "teams", "uninstall"),
)
# The rest is marked `rotating`: `make e2e-selected` takes a twelfth of these files, in turn.
SECONDS = 1500  # for a test with its fixtures: the first run is among them


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-capstone", action="store_true", help="put each capstone on the cluster, not just one")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, put its files in order, and leave out the long ones unless they are asked for."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("e2e")
            item.add_marker(pytest.mark.timeout(SECONDS))
    if "long" not in config.option.markexpr:
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    items.sort(key=lambda item: ORDER.index(item.path.stem.removeprefix("test_")) if HERE in item.path.parents else -1)


@pytest.fixture(scope="session")
def cluster() -> str:
    """The image of the core that the cluster has, which is that of this checkout."""
    from capstan import image_names as images

    try:
        there = kube.image()
    except (kube.KubectlError, FileNotFoundError) as error:
        pytest.exit(f"There is no cluster with Capstan: run `make cluster`. ({_last(error)})", returncode=1)
    tag = images.image().rpartition(":")[2]
    if there.rpartition(":")[2] != tag:
        pytest.exit(f"The cluster has {there}, and this checkout is {tag}: run `make cluster`.", returncode=1)
    kube.ENVIRONMENT["CAPSTAN_IMAGE"] = there.rpartition(":")[0]
    return there


def _last(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]


@pytest.fixture(scope="session")
def services(cluster) -> Services:
    """The services' ports, forwarded, and the token that opens them."""
    with Services() as forwarded:
        yield forwarded


@pytest.fixture(scope="session")
def submitted(cluster, services, tmp_path_factory) -> Submission:
    """The pipeline of flight_delay, compiled and submitted by the plain `kfp` command, and followed to its end."""
    services.wait_for_flagship()
    if services.rollout()["challenger"]:  # of tests that were stopped
        kube.answer("rollback", CAPSTONE)
    return submit(cluster, services.port("pipelines"), tmp_path_factory.mktemp("submitted"))


@pytest.fixture(scope="session")
def local_run(submitted, tmp_path_factory) -> LocalRun:
    """The same on this machine."""
    started = LocalRun(tmp_path_factory.mktemp("local"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def ran(submitted, services) -> dict:
    """The summary of `capstan --profile cluster run flight_delay`, after the submission."""
    assert submitted.state == "SUCCEEDED", submitted.said
    return services.summary()


@pytest.fixture(scope="module")
def endpoint(ran, services) -> Endpoint:
    """The endpoint's Service, by REST and gRPC. Forwarded for each file again: its pods come and go."""
    service = f"svc/{CAPSTONE.replace('_', '-')}-predictor"
    with kube.forward(service, 80) as rest, kube.forward(service, 8081) as grpc:
        yield Endpoint(rest, grpc, services.token)


@pytest.fixture(scope="session")
def client(ran) -> kube.Pod:
    """A pod that may do what a step may."""
    labels = {"pipeline/runid": "e2e-client", "capstan/capstone": CAPSTONE}
    with kube.running(kube.definition("e2e-client", labels, "kubeflow", settings=True, capstone=CAPSTONE)) as [pod]:
        yield pod


@pytest.fixture(scope="session")
def second(ran, services) -> dict:
    """A version that was trained with another seed. `state` is its roll-out's, as it was deployed; it ended since."""
    summary = services.summary("--seed", "1", "--canary", "10")
    if summary["verdict"] == "rejected":  # it is worse than the first
        kube.answer("canary", CAPSTONE, "--percent", "10", "--version", summary["version"], "--force")
    state = services.rollout()
    kube.answer("rollback", CAPSTONE)
    return summary | {"state": state}


@pytest.fixture
def anonymous(endpoint) -> httpx.Client:
    """A client of the endpoint without a token."""
    with httpx.Client(base_url=endpoint.url, timeout=30) as http:
        yield http
