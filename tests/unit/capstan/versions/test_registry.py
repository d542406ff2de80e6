"""The model registry."""

import os
import subprocess
import sys

import pytest

from capstan.versions import registry
from tests.support.processes import free_port


@pytest.mark.parametrize("number", ["", "0", "03", "+3", "3.0", "\u0663", "9" * 20, str(2**31), "one"])
def test_what_is_no_number_of_a_version_is_no_version_and_mlflow_is_not_asked(number):
    assert registry.version("tiny", number) is None  # nothing listens where MLflow would be


@pytest.mark.slow
def test_library_of_an_mlflow_that_is_gone_gives_up():
    """By itself it asks for four minutes."""
    code = "from capstan import registry; registry.library().artifacts.download_artifacts('models:/flight_delay/1')"
    environment = os.environ | {"CAPSTAN_TRACKING_URI": f"http://127.0.0.1:{free_port()}"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert "MlflowException" in done.stderr and "Max retries exceeded" in done.stderr
