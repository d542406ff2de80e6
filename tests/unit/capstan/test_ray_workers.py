"""How Ray Train places its workers."""

import pytest

from capstan.ray_workers import scaling
from capstan.settings import settings


@pytest.mark.parametrize(("given", "expected"), [({}, {"CPU": 2}), ({"CAPSTAN_RAY_CPUS": "4"}, {"CPU": 8})])
def test_worker_takes_all_cpus_of_its_pod(monkeypatch, given, expected):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    assert scaling(2).total_resources == expected
    assert scaling(2, use_gpu=True).total_resources == expected | {"GPU": 2}
    settings.cache_clear()
