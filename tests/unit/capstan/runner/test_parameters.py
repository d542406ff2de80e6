"""The parameters of `capstan run --set`: each has the type of the pipeline's, or is refused."""

from typing import Any

import pytest
from kfp import dsl

from capstan.errors import CapstanError
from capstan.runner.parameters import checked_parameters
from graphs.road import _parameters


@dsl.component(base_image="python", install_kfp_package=False)
def use(name: str, trees: int, rate: float, fast: bool):
    pass


@dsl.pipeline(name="small")
def small(name: str = "", trees: int = 1, rate: float = 0.5, fast: bool = False):
    use(name=name, trees=trees, rate=rate, fast=fast)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("name", "5", "5"),
        ("name", "true", "true"),
        ("name", "3e2", "3e2"),
        ("name", "été 漢", "été 漢"),
        ("trees", "5", 5),
        ("rate", "5", 5.0),
        ("fast", "true", True),
    ],
)
def test_a_text_becomes_what_the_pipeline_takes(name, text, expected):
    checked = checked_parameters("small", small, {name: text})
    assert checked == {name: expected} and type(checked[name]) is type(expected)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("trees", "5.5", "is of the type Integer"),
        ("trees", "true", "is of the type Integer"),
        ("fast", "yes", "is of the type Boolean"),
        ("name", 'a "quoted" text', "has a quotation mark"),
        ("name", "a\\b", "has a quotation mark, a backslash"),
        ("name", "two\nlines", "a line's end"),
        ("tree", "5", "Did you mean 'trees'"),
    ],
)
def test_what_does_not_fit_is_refused(name, text, problem):
    with pytest.raises(CapstanError, match=problem):
        checked_parameters("small", small, {name: text})


@pytest.mark.parametrize("annotation", [list[int], tuple, list[int] | None, dict[str, int] | str])
def test_a_parameter_with_several_values_is_refused_when_the_pipeline_is_made(annotation):
    def train(tables: Any, layers: annotation = None): ...

    with pytest.raises(CapstanError, match=r"The parameter 'layers' of train\(\) has several values"):
        _parameters(train)
