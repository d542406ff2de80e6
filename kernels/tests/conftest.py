"""On a GPU, tests take the first setting that runs: what is right does not depend on it."""

import pytest
import torch

from kernels import tuning


@pytest.fixture(autouse=True)
def fixed(monkeypatch):
    torch.manual_seed(0)
    monkeypatch.setattr(tuning, "LIMIT", 0.0)
    monkeypatch.setattr(tuning, "_keep", lambda key, setting: None)
