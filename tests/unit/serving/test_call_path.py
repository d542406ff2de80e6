"""A request passes few functions, and none that only passes values on."""

import asyncio

from tests.benchmarks.call_path import passed


def test_functions_that_a_v1_request_passes():
    functions = asyncio.run(passed("v1"))
    assert ("predictions/wal.py", "Wal.append") in functions
    assert len(functions) <= 41, functions
