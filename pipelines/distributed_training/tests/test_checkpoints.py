"""Checkpoints of the coordinator: whole, in parts, or not there. And the tree in which shards are added."""

import json

import numpy as np
import pytest

from capstan.errors import CapstanError
from models.parallel.coordinator.checkpoints import MANIFEST, Checkpoints, latest
from models.parallel.coordinator.shards import SHARDS, Learner, tree_mean
from pipelines.distributed_training.tests.conftest import SMALL

VECTORS = {"weights": np.arange(11.0), "moments": np.linspace(0, 1, 11)}


@pytest.fixture
def saved(tmp_path):
    """Five checkpoints were saved, in three parts, the last two of them kept."""
    checkpoints = Checkpoints(tmp_path, keep=2, parts=3)
    for step in range(1, 6):
        checkpoints.save(step, {name: values + step for name, values in VECTORS.items()}, {"losses": [0.5] * step})
    checkpoints.close()
    return tmp_path


def test_the_last_ones_are_kept_and_come_back_whole(saved):
    assert sorted(path.name for path in saved.iterdir()) == ["00000004", "00000005"]
    step, vectors, more = latest(saved)
    assert step == 5 and more == {"losses": [0.5] * 5}
    assert all((vectors[name] == values + 5).all() for name, values in VECTORS.items())


@pytest.mark.parametrize("damage", ["cut", "flipped", "missing", "no manifest"])
def test_a_damaged_one_is_not_read(saved, damage):
    part = saved / "00000005" / "part-1.npz"
    content = part.read_bytes()
    if damage == "cut":
        part.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        part.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    elif damage == "missing":
        part.unlink()
    else:
        (saved / "00000005" / MANIFEST).unlink()
    assert latest(saved)[0] == 4


def test_where_all_are_damaged_the_error_says_what_to_do(saved):
    for part in saved.glob("*/part-0.npz"):
        part.write_bytes(b"")
    with pytest.raises(CapstanError, match="Remove the folder to begin again"):
        latest(saved)


def test_without_any_there_is_none(tmp_path):
    assert latest(tmp_path / "new") is None


def test_a_failed_write_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    checkpoints = Checkpoints(tmp_path / "file" / "below")
    checkpoints.save(1, VECTORS, {})
    with pytest.raises(OSError):
        checkpoints.close()


def test_a_manifest_names_each_part(saved):
    manifest = json.loads((saved / "00000005" / MANIFEST).read_text())
    assert sorted(manifest["parts"]) == ["part-0.npz", "part-1.npz", "part-2.npz"]


def test_shards_together_have_the_gradient_of_the_batch(text, trained):
    learner = Learner(SMALL, text.numpy())
    weights = np.concatenate([values.detach().numpy().ravel() for values in learner.network.parameters()])
    found = [learner.gradients(weights, 0, shard) for shard in range(SHARDS)]
    again = learner.gradients(weights, 0, 3)[1]
    assert (found[3][1] == again).all()
    assert np.mean([loss for loss, _ in found]) == pytest.approx(trained("single")[0].losses[0], abs=1e-12)
    assert np.abs(tree_mean([grads for _, grads in found])).max() > 0


def test_the_tree_is_the_mean_of_any_number():
    for count in (1, 2, 3, 5, 8):
        parts = np.random.default_rng(0).normal(size=(count, 7))
        assert tree_mean(list(parts)) == pytest.approx(parts.mean(axis=0))
