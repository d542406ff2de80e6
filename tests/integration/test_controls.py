"""Negative controls of each capstone: the gate accepts a model of the data as they are, and rejects worthless ones.

What a capstone adds is in its `tests/controls.py`.
"""

import pytest

from tests.support.controls import controls, judge, judge_trained, names, parts
from tests.support.selection import FLAGSHIP

pytestmark = [
    pytest.mark.slow,
    pytest.mark.controls,
    pytest.mark.usefixtures("empty_registry"),
]


def marks(name: str, control: str = "") -> list[pytest.MarkDecorator]:
    """Return the marks of a control. The flagship, which each run takes, has its turn here.

    So has a control that costs much: it is in `ROTATING` of its module.
    """
    turns = name == FLAGSHIP or control in getattr(controls(name), "ROTATING", ())
    return [pytest.mark.capstone(name), *([pytest.mark.rotating] if turns else [])]


NAMES = [pytest.param(name, marks=marks(name)) for name in names()]
EACH = [
    pytest.param(name, control, marks=marks(name, control), id=f"{name}-{control.replace(' ', '_')}")
    for name in names()
    for control in controls(name).CONTROLS
]


@pytest.fixture(scope="module")
def data():
    """The tables of each capstone, read once."""
    read = {}
    return lambda name: read[name] if name in read else read.setdefault(name, parts(name))


@pytest.mark.parametrize("name", NAMES)
def test_model_of_the_data_as_they_are_is_accepted(name, data, tmp_path):
    judged = judge_trained(name, data(name), tmp_path)
    assert judged.verdict == "accepted", judged.report


@pytest.mark.parametrize(("name", "control"), EACH)
def test_worthless_data_are_rejected(name, control, data, tmp_path):
    judged = judge_trained(name, controls(name).CONTROLS[control](data(name)), tmp_path)
    assert judged.verdict == "rejected", judged.report


@pytest.mark.parametrize("name", NAMES)
def test_strong_baseline_alone_is_rejected(name, data, tmp_path):
    past, test = data(name)
    judged = judge(name, controls(name).baseline(past), test, tmp_path)
    assert judged.verdict == "rejected", judged.report
