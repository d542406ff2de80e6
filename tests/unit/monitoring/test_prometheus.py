"""The Prometheus rules and the Grafana dashboard name what is there, and say what to do."""

import json
import re
from itertools import combinations

import pytest
import yaml
from prometheus_client import REGISTRY

from capstan.settings import Settings
from serving import metrics
from tests.support import promql

SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
OF_EVERY_PROCESS = ("process_", "python_")  # tests/integration/serving/test_prometheus.py looks for these
OF_PROMETHEUS = {"up", "ALERTS"}
ALERTS = promql.alerts()
PANELS = promql.panels()


@pytest.fixture(scope="module")
def known() -> set[str]:
    """The samples that the server can show, and what the rules record."""
    families = [family for family in REGISTRY.collect() if family.name.startswith("capstan_")]
    assert metrics.requests.describe()[0].name in {family.name for family in families}
    of_server = {family.name + suffix for family in families for suffix in SUFFIXES[family.type]}
    return of_server | {rule["record"] for rule in promql.rules() if "record" in rule} | OF_PROMETHEUS


@pytest.mark.parametrize("expression", promql.expressions().values(), ids=promql.expressions())
def test_every_metric_is_one_that_the_server_has(expression, known):
    named = promql.metrics(expression)
    assert named and {name for name in named if not name.startswith(OF_EVERY_PROCESS)} <= known


def test_what_an_expression_names_is_found():
    expression = 'sum by (model) (rate(a_total{b="c", d=~"5.."}[5m] offset 1d)) / on (model) e:f:g > 0.5 or up == 1'
    assert promql.selectors(expression) == {'a_total{b="c", d=~"5.."}', "e:f:g", "up"}
    assert promql.metrics(expression) == {"a_total", "e:f:g", "up"}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_is_wrong_and_what_to_do(name):
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "action"} and all(rule["annotations"].values())


def test_each_alert_has_a_name_of_its_own():
    assert len(ALERTS) == sum("alert" in rule for rule in promql.rules())


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_tested_to_fire(name):
    tests = yaml.safe_load((promql.PROMETHEUS / "rules_test.yaml").read_text())["tests"]
    expected = [
        sample["labels"]
        for test in tests
        for query in test["promql_expr_test"]
        for sample in query["exp_samples"]
        if query["expr"] == 'ALERTS{alertstate="firing"}'
    ]
    assert any(f'alertname="{name}"' in labels for labels in expected)


@pytest.mark.parametrize("path", [promql.PROMETHEUS / "rules.yaml", promql.DASHBOARD], ids=["rules", "dashboard"])
def test_settings_that_are_named_exist(path):
    named = set(re.findall(r"CAPSTAN_(\w+)", path.read_text()))
    assert named and {name.lower() for name in named} <= set(Settings.model_fields)


def test_rules_need_no_other_file():
    """So the file can be a key of a ConfigMap as it is."""
    assert set(yaml.safe_load((promql.PROMETHEUS / "rules.yaml").read_text())) == {"groups"}


def test_the_dashboard_asks_the_chosen_prometheus():
    dashboard = json.loads(promql.DASHBOARD.read_text())
    source, model = dashboard["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("source", "datasource", "prometheus")
    chosen = {"type": "prometheus", "uid": "${source}"}
    asked = [model["datasource"], *(panel["datasource"] for panel in PANELS)]
    asked += [target["datasource"] for panel in PANELS for target in panel["targets"]]
    assert all(datasource == chosen for datasource in asked)
    assert model["query"]["query"] == "label_values(capstan_requests_total, model)"


def test_panels_have_numbers_and_places_of_their_own():
    panels = json.loads(promql.DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
    assert not [(a["title"], b["title"]) for a, b in combinations(panels, 2) if overlap(a["gridPos"], b["gridPos"])]


def overlap(a: dict, b: dict) -> bool:
    """Return whether two places on the dashboard share some of it."""
    beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    return not beside and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]
