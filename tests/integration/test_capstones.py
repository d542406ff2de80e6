"""`capstan run --all`: every capstone on a small part of its real data, an answer of each, and a refusal.

One more capstone fails, and stops none of the others.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from capstan import catalogue
from tests.integration.conftest import capstan
from tests.integration.place import Place
from tests.support.processes import ROOT
from tests.support.small import small

pytestmark = [pytest.mark.extended, pytest.mark.timeout(900)]
BROKEN = "aaa_broken"  # the first of the list


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """A place whose data folder has the small parts."""
    data = tmp_path_factory.mktemp("data")
    for part in filter(None, map(small, catalogue.names())):
        part.write(data)
    place = Place(tmp_path_factory.mktemp("capstones") / "home")
    place.environment["CAPSTAN_DATA_DIR"] = str(data)
    yield place
    place.clear()


@pytest.fixture(scope="module")
def done(place, tmp_path_factory) -> subprocess.CompletedProcess:
    """The command, with one more capstone, whose source is away."""
    folder = tmp_path_factory.mktemp("broken")
    assert place("new", BROKEN, "--into", str(folder)).returncode == 0
    task = folder / BROKEN / "task.py"
    code = task.read_text()
    body = code.index('"""', code.index("def load(")) + 3
    end = code.index('"""', body) + 3
    raised = (
        '\n    from capstan.errors import CapstanError\n\n    raise CapstanError("The source is away. Try again.")\n'
    )
    task.write_text(code[:end] + raised + code[end:])
    environment = place.environment | {"CAPSTAN_CAPSTONES": str(folder)}
    settings = [item for part in filter(None, map(small, catalogue.names())) for item in part.SETTINGS.items()]
    options = [f"--set={key}={value}" for key, value in settings]
    return capstan("run", "--all", "--json", *options, timeout=850, **environment)


@pytest.fixture(scope="module")
def runs(done) -> dict[str, dict]:
    return {run["capstone"]: run for run in json.loads(done.stdout)}


def test_all_are_reported_and_the_one_that_failed_says_why(done, runs):
    assert done.returncode == 1
    assert list(runs) == [BROKEN, *catalogue.names()]
    assert runs[BROKEN]["verdict"] == "failed" and "The source is away. Try again." in runs[BROKEN]["error"]


@pytest.mark.parametrize("name", catalogue.names())
def test_capstone_is_accepted_on_a_small_part_of_its_data(name, runs):
    assert runs[name]["verdict"] == "accepted", runs[name]


@pytest.mark.parametrize("name", [name for name in catalogue.names() if small(name)])
def test_endpoint_answers_and_refuses_bad_input(name, runs, place):
    run, part = runs[name], small(name)
    url = f"http://127.0.0.1:{place.environment['CAPSTAN_ENDPOINT_PORT']}/v1/models/{name}:predict"
    [answer] = httpx.post(url, json={"instances": [part.ASKED]}, timeout=30).raise_for_status().json()["predictions"]
    prediction = catalogue.load_task(name).Prediction
    prediction.model_validate_json(json.dumps({field: answer[field] for field in prediction.model_fields}))
    assert answer["model_version"] == run["version"]
    request, field = part.REFUSED
    reply = httpx.post(url, json={"instances": [request]}, timeout=30)
    assert reply.status_code == 400 and field in reply.json()["error"]


LOOK = """
import json, sys
from datetime import UTC, datetime
from capstan.catalogue import load_task
from capstan.profile import profile
from monitoring.circle.daily import Daily
from monitoring.signals import read_reference
found = {}
for name in sys.argv[1:]:
    daily = Daily(name, load_task(name))
    daily(datetime.now(UTC))
    checks = daily.found.checks
    seen = {check.signal for check in checks if check.name == "drift"}
    reference = read_reference(profile().storage(), name, daily.found.version)
    unseen = sorted({*reference.columns} - seen)
    found[name] = [daily.found.predictions, sorted({check.name for check in checks}), unseen]
print(json.dumps(found))
"""
MORE = 60  # predictions, of one request: two parts of rows that stand for days
# What is known only with the label.
LATER = {"credit_risk": ["bad"], "demand_forecast": ["actual_peak", "coverage", "mase"], "digits": ["label"]}


def test_live_predictions_of_each_are_checked(runs, place):
    # The flights are of 2013, and their prediction times count: tests/integration/test_monitor.py looks at these.
    names = [name for name in catalogue.names() if small(name) and name != "flight_delay"]
    for name in names:
        url = f"http://127.0.0.1:{place.environment['CAPSTAN_ENDPOINT_PORT']}/v1/models/{name}:predict"
        asked = {"instances": [small(name).ASKED] * MORE}
        httpx.post(url, json=asked, timeout=60).raise_for_status()
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *names],
        cwd=ROOT,
        env=os.environ | place.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for name, (predictions, checks, unseen) in json.loads(done.stdout).items():
        assert predictions >= MORE and {"drift", "nulls"} <= set(checks), name
        assert unseen == LATER.get(name, []), name
        # An image, or a week of demand, shares no column with the tables.
        assert ("contract" in checks) == (name not in ("demand_forecast", "digits")), name


def test_list_shows_the_first_metric_of_each(runs, place):
    listed = {row["name"]: row for row in json.loads(place("list", "--json").stdout)}
    for name in catalogue.names():
        metric = next(iter(catalogue.load_task(name).THRESHOLDS))
        assert listed[name]["newest"] == {
            **{"version": runs[name]["version"], "verdict": "accepted"},
            **{"metric": metric, "value": pytest.approx(runs[name]["scores"][metric])},
        }
    assert re.search(rf"segmentation .* {runs['segmentation']['version']}: stability 0\.\d{{4}}", place("list").stdout)


def test_edge_variant_of_a_version_is_published_for_devices(runs, place, tmp_path):
    publish = [sys.executable, "-m", "pipelines.digits.over_the_air", "publish", str(tmp_path)]
    environment = os.environ | place.environment
    done = subprocess.run(publish, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Version {runs['digits']['version']} is in {tmp_path}")
    assert f"--directory {tmp_path}" in done.stdout.splitlines()[-1]
    released = json.loads((tmp_path / "release.json").read_text())
    assert (tmp_path / f"{runs['digits']['version']}.onnx").stat().st_size == released["size"]
    no_version = subprocess.run([*publish, "--version=99"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert no_version.returncode == 1 and no_version.stderr.startswith("digits has no version 99")
