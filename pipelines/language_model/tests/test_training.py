"""How the decoder learns, and goes on after it was killed."""

import signal
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from models.ladder import learning
from models.learning import checkpoints
from models.transformer.measures import losses
from pipelines.language_model import training
from pipelines.language_model.training import Plan

SHAPE = training.shape(width=32, layers=1, context=32, buckets=2**8, dropout=0.1)
PLAN = Plan(rounds=3, batch=4)
KILLED = """
import os, signal, sys
import numpy as np, torch
from models.learning import checkpoints
from pipelines.language_model.tests.test_training import PLAN, SHAPE
from models.ladder import learning
from pipelines.language_model import training

torch.set_num_threads(1)
write = checkpoints.write

def write_and_die(key, state):
    write(key, state)
    if state["epochs"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)

checkpoints.write = write_and_die
learning.fit(SHAPE, torch.from_numpy(np.load(sys.argv[1])), PLAN)
"""


@pytest.fixture
def text() -> np.ndarray:
    return np.random.default_rng(0).choice(np.frombuffer(b"to be, or not", np.uint8), 20_000)


def learn(
    text: np.ndarray, monkeypatch: pytest.MonkeyPatch, plan: Plan = PLAN
) -> tuple[dict[str, torch.Tensor], dict[int, list[float]]]:
    """Return the weights of a training, and by round the loss of each of its steps."""
    steps: list[float] = []
    by_round: dict[int, list[float]] = {}
    loss, write = learning.loss, checkpoints.write

    def recorded(*arguments: Any) -> torch.Tensor:
        value = loss(*arguments)
        steps.append(value.item())
        return value

    def closed(key: str, state: dict[str, Any]) -> None:
        by_round[state["epochs"]] = [*steps]
        steps.clear()
        write(key, state)

    with monkeypatch.context() as patched:
        patched.setattr(learning, "loss", recorded)
        patched.setattr(checkpoints, "write", closed)
        weights = learning.fit(SHAPE, torch.from_numpy(text.copy()), plan).state_dict()
    return weights, by_round


@pytest.mark.rotating
@pytest.mark.slow
def test_training_that_was_killed_has_the_losses_of_one_that_was_not(text, tmp_path, monkeypatch):
    torch.set_num_threads(1)
    np.save(tmp_path / "text.npy", text)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "text.npy")], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    resumed, after = learn(text, monkeypatch)
    whole, losses_of = learn(text, monkeypatch)
    assert [*after] == [3] and [*losses_of] == [1, 2, 3]
    assert after[3] == losses_of[3] and len(after[3]) == PLAN.steps
    assert all(torch.equal(values, whole[name]) for name, values in resumed.items())


@pytest.mark.rotating
@pytest.mark.slow
def test_another_seed_is_another_training(text, monkeypatch):
    torch.set_num_threads(1)
    _, first = learn(text, monkeypatch, PLAN)
    _, second = learn(text, monkeypatch, replace(PLAN, seed=1))
    assert first[1] != second[1]


@pytest.mark.rotating
@pytest.mark.slow
def test_decoder_learns_what_a_text_repeats():
    torch.set_num_threads(1)
    text = np.frombuffer(b"the cat sat. " * 500, np.uint8)
    decoder = learning.fit(SHAPE, torch.from_numpy(text.copy()), Plan(rounds=4, batch=4))
    assert losses(decoder, text[:1_000], 32)[13:].mean() < 0.2
