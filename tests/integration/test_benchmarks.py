"""Each section of `make bench` at its smallest size, but `clone`: run it by hand, and those of a cluster on one.

`test_benchmarks_on_the_flagship.py` has those that need the flagship.
"""

import pytest

from tests.benchmarks.__main__ import LOCAL

pytestmark = [pytest.mark.slow, pytest.mark.rotating]

SIZE = 0.01
ON_THE_FLAGSHIP = ("road", "serving", "load", "explain")
ALONE = ("hostile", "labels", "features", "offline_store", "kernels")
MORE = {  # the other servers need environments of their own, and each size of the stores is four processes
    "serving": {"others": ()},
    "offline_store": {"sizes": (1_000,), "stores": ("asof", "duckdb")},
}


@pytest.mark.parametrize("name", ALONE)
def test_section(name):
    _, section = LOCAL[name]
    assert section.table(section.rows(size=SIZE, **MORE.get(name, {})))


def test_every_section_is_tested():
    assert {*ON_THE_FLAGSHIP, *ALONE, "clone"} == {*LOCAL}
