"""The model registry."""

import pytest

from capstan.versions import registry


@pytest.mark.parametrize("number", ["", "0", "03", "+3", "3.0", "\u0663", "9" * 20, str(2**31), "one"])
def test_what_is_no_number_of_a_version_is_no_version_and_mlflow_is_not_asked(number):
    assert registry.version("tiny", number) is None  # nothing listens where MLflow would be
