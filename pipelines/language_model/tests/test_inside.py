"""What a training records of the inside of its network."""

from pathlib import Path

import numpy as np
import pytest
import torch

from capstan.data.files import read_json, write_tables
from components.train.core import HISTORY, train
from models.ladder import learning
from models.learning.inside import statistics
from models.transformer.decoder import Decoder
from pipelines.language_model import task, training
from pipelines.language_model.tests import small

TEXT = torch.from_numpy(np.frombuffer(b"to be or not to be, that is the question: " * 50, dtype=np.uint8).copy())
SHAPE = training.shape(width=32, layers=2, context=16, grams_dropout=0.4, buckets=64)


def test_statistics_are_those_of_each_part():
    torch.manual_seed(0)
    decoder, tokens = Decoder(SHAPE).train(), TEXT[:32].reshape(2, 16).long()
    learning.loss(decoder, TEXT[:34].reshape(2, 17).long()).backward()
    found = statistics(decoder, tokens)
    names = {"embedding", "grams", "blocks.0", "blocks.1", "norm", "head"}
    assert set(found) == {f"{name}/{kind}" for name in names for kind in ("gradient", "weights", "activation")}
    gradients = torch.cat([weights.grad.flatten() for weights in decoder.blocks[1].parameters()])
    assert found["blocks.1/gradient"] == pytest.approx(float(gradients.square().mean().sqrt()))
    decoder.eval()
    with torch.no_grad():
        output, embedded = decoder.norm(last_output(decoder, tokens)), decoder.embedding.weight
        assert found["head/weights"] == pytest.approx(float(embedded.square().mean().sqrt()))
    assert found["norm/activation"] == pytest.approx(float(output.square().mean().sqrt()))


def last_output(decoder: Decoder, tokens: torch.Tensor) -> torch.Tensor:
    """Return what the last block makes."""
    outputs = []
    hook = decoder.blocks[-1].register_forward_hook(lambda _part, _inputs, output: outputs.append(output))
    decoder(tokens)
    hook.remove()
    return outputs[0]


def test_statistics_change_nothing():
    torch.manual_seed(0)
    decoder, tokens = Decoder(SHAPE).train(), TEXT[:32].reshape(2, 16).long()
    state = torch.get_rng_state()
    statistics(decoder, tokens)
    assert decoder.training and torch.equal(torch.get_rng_state(), state)
    assert all(not part._forward_hooks for part in decoder.modules())


@pytest.mark.rotating
@pytest.mark.slow
def test_training_leaves_its_statistics_for_the_run(tmp_path: Path):
    (tmp_path / "data").mkdir()
    small.write(tmp_path / "data")
    past, _ = task.split(task.load(tmp_path / "data"))
    write_tables(past, tmp_path / "tables")
    settings = {"rounds": 2, "width": 32, "layers": 1}
    train("language_model", str(tmp_path / "tables"), str(tmp_path / "model"), settings)
    history = read_json(tmp_path / "model" / HISTORY)["rounds"]
    assert len(history) == 2
    assert history[1]["blocks.0/weights"] != history[0]["blocks.0/weights"]
    assert history[1]["blocks.0/gradient"] > 0
