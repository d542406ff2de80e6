"""promtool on the rules, their tests and the example configuration."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support import promql
from tests.support.processes import HANG_SECONDS
from tests.support.promql import PROMETHEUS

pytestmark = pytest.mark.rotating


def promtool(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=HANG_SECONDS)


@pytest.mark.parametrize("arguments", [("rules", "rules.yaml"), ("config", "prometheus.yaml")])
def test_files_are_valid(arguments):
    kind, name = arguments
    done = promtool("check", kind, PROMETHEUS / name)
    assert done.returncode == 0 and f"{len(promql.rules())} rules found" in done.stdout, done.stdout + done.stderr


@pytest.mark.slow
def test_alerts_fire_when_they_should_and_else_do_not():
    done = promtool("test", "rules", PROMETHEUS / "rules_test.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def tested_with(tmp_path):
    """Return a function: what the tests of the rules say when every alert has another condition."""

    def test(expression: str) -> str:
        content = yaml.safe_load((PROMETHEUS / "rules.yaml").read_text())
        for rule in (rule for group in content["groups"] for rule in group["rules"] if "alert" in rule):
            rule |= {"expr": expression, "for": "0s"}
        return said(tmp_path, content)

    return test


def said(folder: Path, content: dict) -> str:
    (folder / "rules.yaml").write_text(yaml.safe_dump(content))
    (folder / "rules_test.yaml").write_text((PROMETHEUS / "rules_test.yaml").read_text())
    done = promtool("test", "rules", folder / "rules_test.yaml")
    assert done.returncode == 1
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_tests_find_an_alert_that_never_fires(tested_with):
    missed = tested_with("vector(0) > 1")
    assert [name for name in promql.alerts() if f'alertname="{name}"' not in missed] == []


@pytest.mark.slow
def test_the_tests_find_an_alert_that_always_fires(tested_with):
    """In each test that lists nothing."""
    lines = [line for line in tested_with("vector(1)").splitlines() if line.strip().startswith("got:")]
    assert lines and all(
        f'alertname="{name}"' in line for line in lines if "ALERTS" in line for name in promql.alerts()
    )
