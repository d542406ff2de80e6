"""What training refuses before it saves a model, and what it saves."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest
from mlflow.models.utils import _enforce_schema
from pydantic import AwareDatetime, BaseModel

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.versions import model_version
from components.train.mlflow_model import _example, _request, save, signature
from pipelines.flight_delay import task
from tests.small_capstones.models import Answers
from tests.support import capstones_of_tests as capstones


@pytest.mark.parametrize("value", [math.nan, "HOGWARTS"])
def test_example_that_its_own_request_refuses_is_named(value):
    capstone = catalogue.load("flight_delay")
    good = {name: field.examples[0] for name, field in task.Request.model_fields.items()}
    assert _request(capstone, 0, good).origin == good["origin"]
    with pytest.raises(CapstanError, match=r"`examples` of pipelines/flight_delay/task.py .*number 2.*: dest: "):
        _request(capstone, 2, good | {"dest": value})


class Dated(BaseModel):
    """A request with an instant."""

    start: AwareDatetime


def test_an_input_may_be_an_instant_with_a_zone():
    asked = [{"start": "2014-01-08T00:00:00+10:00"}]
    dated = SimpleNamespace(name="dated", capabilities={"endpoint"}, Request=Dated, examples=lambda _tables: asked)
    model = Answers({"start": "datetime"}, lambda columns: {"day": [each.day for each in columns["start"]]})
    assert signature(model).inputs.input_dict()["start"].type.name == "datetime"
    example = _example(dated, model, {})
    assert example["start"][0] == pd.Timestamp("2014-01-07 14:00")  # MLflow's instants have no zone
    assert _enforce_schema(example, signature(model).inputs)["start"][0] == example["start"][0]


@pytest.mark.parametrize("files", [["aGVsbG8="], [None, "aGVsbG8="], [None]])
def test_an_example_may_leave_out_an_optional_file(tmp_path, files):
    import mlflow

    inputs = {"ident": "double", "x": "double", "file": "binary"}
    model = Answers(inputs, lambda columns: {"size": [len(file or b"") for file in columns["file"]]})
    with capstones.in_catalogue():
        kinds = capstones.task("kinds")
        model_version.save(tmp_path / "version", kinds, model)
        rows = [{"ident": 1, "x": 1.5, "file": file} for file in files]
        asked = SimpleNamespace(
            name="kinds", capabilities={"endpoint"}, Request=kinds.Request, examples=lambda _tables: rows
        )
        save(str(tmp_path / "model"), tmp_path / "version", asked, model, {})
    read = mlflow.models.Model.load(str(tmp_path / "model")).load_input_example(str(tmp_path / "model"))
    assert [bytes(file) for file in read.get("file", [])] == [b"hello"] * (files != [None])
    assert len(read) == 1
