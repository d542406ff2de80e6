"""Every capstone keeps the contract; for one that does not, the check says what it lacks."""

import inspect
import os
import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest

from capstan import catalogue
from capstan.contract import capstone
from capstan.contract.resources import Resources
from capstan.errors import CapstanError
from capstan.settings import ROOT, settings

NAMES = sorted(path.parent.name for path in ROOT.glob("pipelines/*/task.py"))
TASK = """
from capstan.contract.bounds import at_least

TITLE = "Is it done?"
THRESHOLDS = {"accuracy": at_least(0.5)}


def load(data_dir): ...


def split(tables): ...


def train(tables): ...


def evaluate(model, tables): ...
"""
ENDPOINT = """
from pydantic import BaseModel


class Request(BaseModel):
    x: float


class Prediction(BaseModel):
    y: float


def examples(tables): ...
"""

OUTCOME = """
from capstan.contract.capstone import Outcome

OUTCOME = Outcome("regression", target="{}", prediction="{}")


def signals(model, tables): ...
"""

EVENTS = """
PUSH_SOURCE = "ratings"
Event = Request


def apply(model, event, features): ...
"""


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Write the `task.py` of a capstone outside of the checkout; return its name."""
    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(tmp_path))
    settings.cache_clear()

    def write(text: str, name: str = "made") -> str:
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "task.py").write_text(text)
        return name

    yield write
    settings.cache_clear()
    for module in [module for module in sys.modules if module.startswith("pipelines.made")]:
        del sys.modules[module]
    import pipelines

    pipelines.__path__[:] = [path for path in pipelines.__path__ if path != str(tmp_path)]


def test_catalogue_lists_every_folder_with_a_task():
    assert catalogue.names() == NAMES
    assert "flight_delay" in NAMES


def test_folder_without_a_task_is_no_capstone(make, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "README.md").write_text("nothing here")
    make(TASK)
    assert catalogue.names() == sorted([*NAMES, "made"])


@pytest.mark.parametrize("name", NAMES)
def test_functions_of_a_task_take_what_the_contract_says(name):
    task = catalogue.load(name)
    protocols = [capstone.Task, *(capstone.CAPABILITIES[each] for each in task.capabilities)]
    for protocol in protocols:
        for function, expected in vars(protocol).items():
            if inspect.isfunction(expected) and not function.startswith("_"):
                stated = inspect.signature(expected).parameters.values()
                wanted = [parameter.name for parameter in stated if parameter.kind is not parameter.VAR_KEYWORD][1:]
                taken = inspect.signature(getattr(task, function)).parameters
                assert list(taken)[: len(wanted)] == wanted, function
                more = [name for name in list(taken)[len(wanted) :] if name != "weights" or not task.WEIGHTS]
                assert all(taken[name].default is not inspect.Parameter.empty for name in more)


@pytest.mark.parametrize("name", NAMES)
def test_title_of_a_task_is_one_line(name):
    title = catalogue.load(name).TITLE
    assert title and "\n" not in title


def test_task_without_features_endpoint_contract_and_monitoring_is_complete(make):
    assert catalogue.load(make(TASK)).capabilities == set()


def test_capstone_has_the_values_of_the_contract_for_what_its_task_leaves_out(make):
    loaded = catalogue.load(make(TASK))
    assert (loaded.name, loaded.RESOURCES, loaded.OUTCOME, loaded.losses) == ("made", Resources(), None, None)
    assert loaded.stated == {"TITLE", "THRESHOLDS", "load", "split", "train", "evaluate"}
    with pytest.raises(AttributeError, match=r"pipelines/made/task.py has no contracts"):
        loaded.contracts()


def test_capstone_cannot_be_changed(make):
    loaded = catalogue.load(make(TASK))
    with pytest.raises(FrozenInstanceError):
        loaded.TITLE = "another"
    with pytest.raises(FrozenInstanceError):
        del loaded.TITLE


def test_endpoint_needs_no_features(make):
    assert catalogue.load(make(TASK + ENDPOINT)).capabilities == {"endpoint"}


@pytest.mark.parametrize("actual", ["bool", "float", "list[str]", "Literal['a', 'b'] | None", "Request"])
def test_a_label_is_of_any_type_that_pydantic_knows(actual, make):
    task = catalogue.load(make(f"{TASK}{ENDPOINT}\nfrom typing import Literal\nActual = {actual}\n"))
    assert task.capabilities == {"endpoint", "labels"}


def test_task_that_lacks_names_is_told_each_of_them(make):
    with pytest.raises(CapstanError) as error:
        catalogue.load(make('TITLE = "Not done yet?"\n'))
    message = str(error.value)
    assert "pipelines/made/task.py" in message and "capstan/contract/capstone.py" in message
    for needed in ("THRESHOLDS", "load", "split", "train", "evaluate"):
        assert needed in message
    for unneeded in ("TITLE", "Request", "FEATURE_SERVICE", "contracts", "signals"):  # stated, or optional
        assert unneeded not in message.split("lacks")[1]


@pytest.mark.parametrize(
    ("part", "capability", "missing"),
    [
        ("CONTRACT_LIMIT = 0.01", "contract", "contracts"),
        ("FEATURE_SERVICE = 'x'", "features", "ENTITY_KEYS, entity_rows, feature_tables"),
        ("def examples(tables): ...", "endpoint", "Request, Prediction"),
        ("PUSH_SOURCE = 'x'", "events", "Event, apply"),
    ],
)
def test_capability_that_is_incomplete_is_named_with_what_it_lacks(part, capability, missing, make):
    with pytest.raises(CapstanError, match=f"its {capability} capability is incomplete: it lacks {missing}"):
        catalogue.load(make(f"{TASK}\n{part}\n"))


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ("THRESHOLDS = {'rmse': 5}", "THRESHOLDS maps a metric to at_least"),
        ("THRESHOLDS = {}", "THRESHOLDS maps a metric to at_least"),
        (f"{ENDPOINT}\nPrediction = dict", "Prediction is not a pydantic model"),
        (f"{ENDPOINT}\nclass Prediction(BaseModel):\n    variant: str", "may not have the fields variant"),
        ("FEATURE_DEFAULTS = {'x': 1}", "FEATURE_DEFAULTS needs the features capability"),
        ("CARRIED = ['x']", "CARRIED needs the features capability"),
        (f"{ENDPOINT}\n{EVENTS}", "its events capability needs features"),
        ("Actual = bool", "its labels capability needs endpoint"),
        ("ACTUAL_DELAY = None", "ACTUAL_DELAY needs the labels capability"),
        (f"{ENDPOINT}\nActual = 5", "Actual is not a type that pydantic can read"),
        (f"{ENDPOINT}\nActual = 'nobody'", "Actual is not a type that pydantic can read"),
        (f"{ENDPOINT}\nActual = bool\nACTUAL_DELAY = 3", "ACTUAL_DELAY is not a timedelta"),
        (f"{ENDPOINT}\n{OUTCOME.format('y', 'x')}", "the prediction of OUTCOME, x, is no field of Prediction"),
        (f"{ENDPOINT}\n{OUTCOME.format('y', 'y')}", "the target of OUTCOME, y, is a field of the endpoint"),
    ],
)
def test_what_is_wrong_with_a_task_is_named(part, problem, make):
    with pytest.raises(CapstanError, match=problem):
        catalogue.load(make(f"{TASK}\n{part}\n"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("TITLE = ", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("import no_such_package", "'no_such_package', which is not installed"),
    ],
)
def test_task_that_cannot_be_imported_is_an_error_of_its_author(text, problem, make):
    with pytest.raises(CapstanError, match=problem):
        catalogue.load(make(text))


@pytest.mark.parametrize("load", [catalogue.load, catalogue.load_pipeline])
def test_unknown_capstone_is_answered_with_the_known_ones(load):
    with pytest.raises(CapstanError, match="no capstone 'nosuch'") as error:
        load("nosuch")
    for name in NAMES:
        assert name in str(error.value)


@pytest.mark.parametrize("name", ["..", "../capstan", "", "flight_delay/", "__pycache__", "class", "Flight"])
def test_name_that_is_no_folder_of_pipelines_is_unknown(name):
    with pytest.raises(CapstanError, match="There is no capstone"):
        catalogue.load(name)


@pytest.mark.parametrize("file", ["models.py", "models/__init__.py"])
def test_a_package_of_ones_own_that_hides_one_of_capstans_is_named(tmp_path, file):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("")
    script = "from capstan import catalogue; catalogue.load('flight_delay')"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-P", "-c", script]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and f"Python finds {tmp_path / file} in place" in done.stderr, done.stderr
