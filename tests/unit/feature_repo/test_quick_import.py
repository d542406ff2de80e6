"""A server imports Feast without typeguard's checks, a step with them."""

import subprocess
import sys

import pytest

from tests.support.processes import HANG_SECONDS, ROOT

pytestmark = pytest.mark.rotating

CHECKED = """
import sys, typeguard
before = typeguard.typechecked
{start}
assert "feast" in sys.modules and typeguard.typechecked is before
from feast import FeatureView
print("typeguard" in FeatureView.__init__.__code__.co_names)
"""


@pytest.mark.parametrize(
    ("start", "checked"),
    [
        ("from serving.model import repository; repository.import_libraries()", "False"),
        ("import feast; from feature_repo.quick_import import import_feast; import_feast()", "True"),
    ],
)
@pytest.mark.slow
def test_a_server_skips_the_checks_of_definitions(start, checked):
    command = [sys.executable, "-c", CHECKED.format(start=start)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_SECONDS)
    assert (done.stdout.strip(), done.returncode) == (checked, 0), done.stderr
