"""Each section of `make bench` that needs the flagship, at its smallest size: `test_benchmarks.py` has the others."""

import os

import pytest

from tests.benchmarks.__main__ import LOCAL
from tests.benchmarks.stack import Flagship
from tests.integration.test_benchmarks import MORE, ON_THE_FLAGSHIP, SIZE

pytestmark = [pytest.mark.slow, pytest.mark.rotating]


@pytest.mark.parametrize("name", ON_THE_FLAGSHIP)
def test_section_on_the_flagship(name, road):
    _, section = LOCAL[name]
    on = Flagship(dict(os.environ), road["training_set"])
    assert section.table(section.rows(size=SIZE, on=on, **MORE.get(name, {})))
