"""How Ray Train places its workers."""

import pytest

from capstan.ray_workers import JOB, scaling


@pytest.mark.parametrize(("cpus", "expected"), [(1, {"CPU": 2}), (4, {"CPU": 8})])
def test_worker_takes_all_cpus_of_its_pod(monkeypatch, cpus, expected):
    monkeypatch.setattr(JOB, "cpus", cpus)
    assert scaling(2).total_resources == expected
    assert scaling(2, use_gpu=True).total_resources == expected | {"GPU": 2}
