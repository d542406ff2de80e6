"""Training: the same weights, whether it was interrupted or not, alone or shared."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from capstan.versions import code
from models.learning import checkpoints
from models.vision import augmentation, convolutional, learning
from models.vision.convolutional import ConvolutionalNetwork
from models.vision.learning import Plan, batches, fit
from pipelines.digits import training

pytestmark = pytest.mark.usefixtures("home")
PLAN = Plan(epochs=3, batch=64)


@pytest.fixture(scope="module")
def few(parts):
    return training.tensors(parts[0].head(192))


def started(seed: int = 0) -> ConvolutionalNetwork:
    torch.manual_seed(seed)
    return ConvolutionalNetwork((4, 4, 8, 8), 16)


def same(first: torch.nn.Module, second: torch.nn.Module) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


def test_seed_decides_the_weights(few):
    first, again, reseeded = (fit(started(), *few, replace(PLAN, seed=seed)) for seed in (0, 0, 1))
    assert same(first, again) and not same(first, reseeded)


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_training_goes_on_from_any_checkpoint(epochs, few):
    states = []
    whole = fit(started(), *few, PLAN, after_epoch=lambda state: states.append(copied(state)))
    assert [state["epochs"] for state in states] == [1, 2, 3]
    rest, state = [], states[epochs - 1]
    resumed = fit(started(5), *few, PLAN, state=state, after_epoch=lambda state: rest.append(state["epochs"]))
    assert same(whole, resumed) and rest == [1, 2, 3][epochs:]


def copied(state):
    """Return a checkpoint as a file would keep it."""
    import io

    stream = io.BytesIO()
    torch.save(state, stream)
    stream.seek(0)
    return torch.load(stream)


def test_shares_are_parts_of_the_same_batches():
    plan = Plan(batch=10)
    whole = list(batches(105, plan, 0))
    shares = [list(batches(105, plan, 0, share, 2)) for share in (0, 1)]
    assert len(whole) == 10 and {len(part) for part in whole} == {10}
    for batch, *parts in zip(whole, *shares, strict=True):
        assert sorted(torch.cat(parts).tolist()) == sorted(batch.tolist())
        assert {len(part) for part in parts} == {5}
    assert not torch.equal(whole[0], next(batches(105, plan, 1)))


def test_network_that_has_learned_leaves_no_checkpoint(few, home):
    network = training.network("cnn", *few, Plan(epochs=1))
    assert isinstance(network, ConvolutionalNetwork) and not network.training
    assert list((home / "checkpoints").iterdir()) == []


def test_key_tells_trainings_apart(few):
    images, labels = few
    keys = {
        training.key_of("cnn", few, PLAN),
        training.key_of("vit", few, PLAN),
        training.key_of("cnn", few, replace(PLAN, seed=1)),
        training.key_of("cnn", (images, labels.flip(0)), PLAN),
        training.key_of("cnn", (images.flip(0), labels), PLAN),
    }
    assert len(keys) == 5


@pytest.mark.parametrize("module", [augmentation, convolutional, learning, training])
def test_key_changes_with_the_code_that_trains(module, few, tmp_path, monkeypatch):
    original, imported = Path(module.__file__), code.imported
    copy = tmp_path / original.name
    copy.write_text(original.read_text())

    def with_copy(roots: list[Path]) -> list[Path]:
        return [copy if path == original else path for path in imported(roots)]

    monkeypatch.setattr(code, "imported", with_copy)
    before = training.key_of("cnn", few, PLAN)
    copy.write_text(f"{original.read_text()}# An edit.\n")
    assert training.key_of("cnn", few, PLAN) != before


SCRIPT = """
import sys, torch
from models.learning import checkpoints
from pipelines.digits import training
from models.vision.learning import Plan
torch.set_num_threads(1)
write = checkpoints.write
def reported(key, state):
    write(key, state)
    print("epoch", state["epochs"], flush=True)
checkpoints.write = reported
training.network("cnn", *torch.load(sys.argv[1]), Plan(epochs=3))
"""


@pytest.mark.rotating
@pytest.mark.slow
def test_killed_training_ends_as_if_it_had_not_been(few, tmp_path, monkeypatch):
    torch.save(few, tmp_path / "images.pt")
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "images.pt")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.strip() == "epoch 2":
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    written, write = [], checkpoints.write
    monkeypatch.setattr(checkpoints, "write", lambda key, state: written.append(state["epochs"]) or write(key, state))
    goes_on = training.network("cnn", *few, Plan(epochs=3))
    assert written == [3]  # what has a checkpoint is not done again
    assert same(goes_on, training.network("cnn", *few, Plan(epochs=3))) and written == [3, 1, 2, 3]


def test_accuracy_counts(few):
    images, labels = few
    answers = learning.answers(started().eval(), learning.scaled(images))
    assert learning.accuracy(started().eval(), learning.scaled(images), answers) == 1
    assert learning.accuracy(started().eval(), learning.scaled(images), labels) < 0.5
