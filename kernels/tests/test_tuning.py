"""The choice of a setting, and where it is kept. Times are made up here: only a GPU can measure them."""

import json

import pytest
import torch

from kernels import tuning
from kernels.language import triton

SETTINGS = tuning.settings("m speed", (16, 3.0), (32, 1.0), (64, 2.0))


@pytest.fixture
def gpu(monkeypatch, tmp_path):
    """As on a GPU, whose settings take the milliseconds that they say; returns those that were tried."""
    tried = []

    def timed(run):
        tried.append(run())
        return tried[-1]

    for owner, name, value in (
        (tuning, "INTERPRETED", False), (tuning, "LIMIT", 60.0), (tuning, "_time", timed), (tuning, "_keep", KEEP),
        (tuning, "_device", lambda: "a GPU"), (torch.cuda, "is_available", lambda: True),
        (torch.cuda, "is_current_stream_capturing", lambda: False), (triton.knobs.cache, "dir", str(tmp_path)),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, value)
    tuning._kept.cache_clear()
    yield tried
    tuning._kept.cache_clear()


KEEP = tuning._keep


def speed(setting):
    return setting["speed"]


def test_the_fastest_is_kept_for_a_shape_and_a_device(gpu):
    assert tuning.fastest("product", SETTINGS, (1, 128), speed)["m"] == 32
    assert gpu == [3.0, 1.0, 2.0]
    tuning._kept.cache_clear()  # as in the next process
    assert tuning.fastest("product", SETTINGS, (1, 128), speed)["m"] == 32
    assert len(gpu) == 3
    tuning.fastest("product", SETTINGS, (2, 128), speed)
    assert len(gpu) == 6
    assert len(json.loads(tuning.file("a GPU").read_text())) == 2


def test_a_setting_that_the_kernel_no_longer_has_is_not_taken(gpu):
    tuning.fastest("product", SETTINGS, (1,), speed)
    tuning._kept.cache_clear()
    assert tuning.fastest("product", SETTINGS[2:], (1,), speed) == SETTINGS[2]
    assert tuning.fastest("product", SETTINGS[2:], (1,), speed) == SETTINGS[2]
    assert len(gpu) == 4  # three, and the one that is left


def test_a_file_that_is_damaged_is_written_anew(gpu):
    tuning.file("a GPU").parent.mkdir(parents=True)
    tuning.file("a GPU").write_text("{")
    assert tuning.fastest("product", SETTINGS, (1,), speed)["m"] == 32
    assert json.loads(tuning.file("a GPU").read_text())


def test_a_setting_that_does_not_fit_is_passed_over(gpu):
    def run(setting):
        if setting["m"] == 32:
            raise triton.runtime.errors.OutOfResources(300_000, 200_000, "shared memory")
        return speed(setting)

    assert tuning.fastest("product", SETTINGS, (1,), run)["m"] == 64
    with pytest.raises(RuntimeError, match="None of the 1 settings"):
        tuning.fastest("other", SETTINGS[1:2], (1,), run)


def test_it_ends_in_time(gpu, monkeypatch):
    monkeypatch.setattr(tuning, "LIMIT", 0.0)
    assert tuning.fastest("product", SETTINGS, (1,), speed)["m"] == 16
    assert gpu == [3.0]


def test_without_a_gpu_the_first_one_is_taken():
    assert tuning.fastest("product", SETTINGS, (1,), speed) == SETTINGS[0]
