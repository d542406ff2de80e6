"""Controls of each capstone: the gate accepts a model of the data and its honest twin, and rejects worthless ones.

What a capstone adds is in its `tests/controls.py`.
"""

from importlib import import_module
from typing import Any

import pytest

from capstan import catalogue
from components.gate import trials
from tests.support.controls import controls, judge, judge_trained, names, parts
from tests.support.selection import FLAGSHIP

pytestmark = [
    pytest.mark.slow,
    pytest.mark.controls,
    pytest.mark.usefixtures("empty_registry"),
]


def marks(name: str, test: str = "", turns: bool = False) -> list[pytest.MarkDecorator]:
    """Return the marks of a test. turns: whether it runs in its turn.

    The flagship, which each run takes, has its turn here. So has a control that costs much, in `ROTATING` of its
    module, and each test on its own where the module says `EACH_IN_TURN`.
    """
    alone = getattr(controls(name), "EACH_IN_TURN", False)
    turns = turns or alone or name == FLAGSHIP or test in getattr(controls(name), "ROTATING", ())
    rotating = pytest.mark.rotating(test) if alone else pytest.mark.rotating
    return [pytest.mark.capstone(name), *([rotating] if turns else [])]


NAMES = [pytest.param(name, marks=marks(name)) for name in names()]
EACH = [
    pytest.param(name, control, marks=marks(name, control), id=f"{name}-{control.replace(' ', '_')}")
    for name in names()
    for control in controls(name).CONTROLS
]


def drawn() -> list[Any]:
    """Return three seeds of each capstone: the first in each run, the others in turn."""
    return [
        pytest.param(name, seed, marks=marks(name, f"seed {seed}", turns=seed > 1), id=f"{name}-{seed}")
        for name in names()
        for seed in (1, 2, 3)
    ]


def answers_of(name):
    """Return the module with the random answers of a capstone, and its twin where another seed changes nothing."""
    return import_module(f"pipelines.{name}.studies.gate.answers")


@pytest.fixture(scope="module")
def data():
    """The tables of each capstone, read once."""
    read = {}
    return lambda name: read[name] if name in read else read.setdefault(name, parts(name))


@pytest.fixture(scope="module")
def trained(data):
    """The model of each capstone, trained on the data as they are, and its evaluation."""
    models = {}

    def train(name):
        if name not in models:
            task, (past, test) = catalogue.load(name), data(name)
            model = task.train(past, **controls(name).SETTINGS)
            models[name] = model, task.evaluate(model, test)
        return models[name]

    return train


@pytest.mark.parametrize("name", NAMES)
def test_model_of_the_data_as_they_are_is_accepted(name, data, trained, tmp_path):
    judged = judge(name, trained(name)[0], data(name)[1], tmp_path)
    assert judged.verdict == "accepted", judged.report


@pytest.mark.parametrize(("name", "seed"), drawn())
def test_random_answers_are_rejected(name, seed, data, trained):
    answers = answers_of(name).random_answer(trained(name)[0], seed)
    assert trials.alone(name, catalogue.load(name).evaluate(answers, data(name)[1]))


@pytest.mark.parametrize(("name", "seed"), drawn())
def test_an_honest_twin_replaces_the_champion(name, seed, data, trained):
    """It is another model: of another seed, or of rows that are drawn again."""
    module, task, (past, test), (_, champion) = controls(name), catalogue.load(name), data(name), trained(name)
    make = getattr(answers_of(name), "twin", trials.another_seed(name))
    twin = task.evaluate(make(past, seed, module.SETTINGS), test)
    assert seed > 1 or twin.metrics != champion.metrics  # another one may happen to decide as the champion does
    bounds = trials.bounds_of(name, twin)
    lines = [*trials.worse(bounds, twin, champion)]
    assert not trials.alone(name, twin)
    assert not trials.against_champion(bounds, lines), lines


@pytest.mark.parametrize(("name", "control"), EACH)
def test_worthless_data_are_rejected(name, control, data, tmp_path):
    judged = judge_trained(name, controls(name).CONTROLS[control](data(name)), tmp_path)
    assert judged.verdict == "rejected", judged.report


@pytest.mark.parametrize("name", NAMES)
def test_strong_baseline_alone_is_rejected(name, data, tmp_path):
    past, test = data(name)
    judged = judge(name, controls(name).baseline(past), test, tmp_path)
    assert judged.verdict == "rejected", judged.report
