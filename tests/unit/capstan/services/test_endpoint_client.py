"""The client of the endpoints."""

import pytest

from capstan.errors import CapstanError
from capstan.services import endpoint_client


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "\ud800"], ids=["Infinity", "NaN", "surrogate"])
def test_what_json_cannot_hold_is_refused_before_it_is_sent(value):
    with pytest.raises(CapstanError, match="cannot be sent as JSON"):
        endpoint_client.post("tiny", "/v1/models/tiny:predict", {"instances": [{"x": value}]})
