"""What training refuses before it saves a model."""

import math

import pytest

from capstan.errors import CapstanError
from components.train.mlflow_model import _request
from pipelines.flight_delay import task


@pytest.mark.parametrize("value", [math.nan, "HOGWARTS"])
def test_example_that_its_own_request_refuses_is_named(value):
    good = {name: field.examples[0] for name, field in task.Request.model_fields.items()}
    assert _request(task, 0, good).origin == good["origin"]
    with pytest.raises(CapstanError, match=r"`examples` of pipelines\.flight_delay\.task .*number 2.*: dest: "):
        _request(task, 2, good | {"dest": value})
