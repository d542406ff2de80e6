"""The file of CAPSTAN_SCHEDULING: wrong values, and where its text may be."""

import pytest
import yaml

from capstan.errors import CapstanError
from capstan.settings import settings
from cluster import scheduling_file
from cluster.scheduling_file import Scheduling, scheduling


@pytest.fixture
def read(home, monkeypatch):
    """A function: what a value of the setting says."""

    def given(value):
        monkeypatch.setenv("CAPSTAN_SCHEDULING", str(value))
        settings.cache_clear()
        return scheduling()

    yield given
    settings.cache_clear()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tolerations: team=a", r"tolerations: Input should be a valid list"),
        ("tolerations: {key: team}", r"tolerations: Input should be a valid list"),
        ("tolerations: [{key: team}, {kye: gpu}]", r"tolerations\[1\]\.kye: Extra inputs"),
        ("tolerations: [{key: team, effect: Never}]", r"tolerations\[0\]\.effect: .*'NoSchedule'"),
        ("tolerations: [{effect: NoSchedule}]", r"tolerations\[0\]: .*needs a key, or the operator Exists"),
        ("tolerations: [{key: a, operator: Exists, value: b}]", r"tolerations\[0\]: .*Exists it has no value"),
        ("tolerations: [{key: a, tolerationSeconds: 3}]", r"tolerations\[0\]: .*needs the effect NoExecute"),
        ("node_selector: {gpu: true}", r"node_selector\.gpu: Input should be a valid string"),
        ("node_selector: {a pool: x}", r"node_selector\.a pool: .*is no name that Kubernetes takes"),
        ("gpu: {node_selector: {pool: team a}}", r"gpu\.node_selector\.pool: .*is no name that Kubernetes takes"),
        ("gpu: {resource: one gpu}", r"gpu\.resource: .*such as nvidia.com/gpu"),
        ("gpu: nvidia.com/gpu", r"gpu: Input should be a valid dictionary"),
        ("queue: Team_A", r"queue: .*such as team-a"),
        ("queue_priority: nightly", r".*queue_priority orders what waits in a queue; state the queue, too"),
        ("priority_class: very high", r"priority_class: .*is no name"),
        ("ray: {min_workers: -1}", r"ray\.min_workers: .*greater than or equal to 0"),
        ("ray: {cluster: A B}", r"ray\.cluster: .*is no name"),
        ("[queue]", r"Input should be a valid dictionary"),
        ("queue: [", r"it is no YAML: .*line 1"),
        ("no/such/file.yaml", r"no/such/file.yaml: No such file .*Give the path of a YAML file, or its text"),
    ],
)
def test_value_that_kubernetes_would_refuse_is_an_error_that_names_its_place(read, text, said):
    with pytest.raises(CapstanError, match=f"^CAPSTAN_SCHEDULING: {said}"):
        read(text)


@pytest.mark.parametrize(
    "tolerations",
    [
        [{"key": "team", "value": "a", "effect": "NoSchedule"}],
        [{"operator": "Exists"}],
        [{"key": "example.com/spot", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}],
    ],
)
def test_tolerations_reach_a_pod_as_they_are_written(read, tolerations):
    assert [item.spec() for item in read(yaml.safe_dump({"tolerations": tolerations})).tolerations] == tolerations


def test_path_of_a_file_says_what_its_text_says(read, tmp_path):
    text = scheduling_file.__doc__.split("\n\n", 1)[1]  # the example
    (tmp_path / "team-a.yaml").write_text(text)
    parsed = read(tmp_path / "team-a.yaml")
    assert parsed == read(text) and parsed.gpu.resource == "nvidia.com/mig-1g.10gb" and parsed.ray.min_workers == 1
    assert "\n" not in parsed.text() and read(parsed.text()) == parsed


@pytest.mark.parametrize("value", ["", "# nothing yet", "{}"])
def test_what_says_nothing_is_the_default(read, value):
    assert read(value) == Scheduling() and not read(value).text()
