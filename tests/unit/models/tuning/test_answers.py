"""A decoder learns the answers of conversations, and nothing of what was asked."""

import pytest
import torch
from torch.nn import functional

from models.transformer.decoder import Decoder, Shape
from models.tuning import answers
from models.tuning.answers import Example, Tuned

EXAMPLES = [Example((1, 2, 3, 4, 5), 3), Example((7, 8, 9), 1), Example((4, 4, 4, 4, 4, 4, 6), 6)]


@pytest.fixture(scope="module")
def decoder():
    torch.manual_seed(0)
    return Decoder(Shape(vocabulary=12, width=16, layers=1, heads=2, context=16)).eval()


def costs(decoder, example):
    """Return what each token of an answer costs, alone and without padding."""
    tokens = torch.tensor([example.tokens])
    logits = decoder(tokens)[0, example.first - 1 : -1]
    return functional.cross_entropy(logits, tokens[0, example.first :], reduction="none")


@torch.inference_mode()
def test_loss_is_that_of_the_answers_alone_whatever_they_are_padded_with(decoder):
    expected = torch.cat([costs(decoder, example) for example in EXAMPLES])
    for pad in (0, 11):
        assert torch.allclose(answers.loss(Tuned(decoder), answers.batched(EXAMPLES, pad)), expected.mean(), atol=1e-5)


@torch.inference_mode()
def test_likelihood_is_that_of_each_whole_answer(decoder):
    expected = torch.stack([-costs(decoder, example).sum() for example in EXAMPLES])
    assert torch.allclose(answers.log_likelihood(Tuned(decoder), answers.batched(EXAMPLES)), expected, atol=1e-5)


def test_an_epoch_has_each_example_once_and_the_seed_draws_its_order():
    many = [Example(tuple(range(2 + number % 40)), 1) for number in range(50)]
    first, again, other = ([*answers.of_epoch(many, 8, seed)] for seed in (0, 0, 1))
    assert sorted(id(example) for batch in first for example in batch) == sorted(map(id, many))
    assert first == again and first != other


def test_a_checkpoint_has_what_learns_alone(decoder):
    for weights in decoder.parameters():
        weights.requires_grad_(False)
    decoder.norm.weight.requires_grad_(True)
    tuned = Tuned(decoder)
    assert [values.shape for values in tuned.state_dict().values()] == [decoder.norm.weight.shape]
    tokens = torch.tensor([[1, 2, 3]])
    assert torch.equal(tuned(tokens, tokens > 1), decoder(tokens)[0, 1:])


def test_gradients_of_mixed_precision_are_about_those_of_32_bits(decoder):
    network, found = Tuned(decoder.requires_grad_(True)), []
    for mixed in (False, True):
        network.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            cost = answers.loss(network, answers.batched(EXAMPLES))
        cost.backward()
        assert cost.dtype == torch.float32
        found.append(torch.cat([weights.grad.flatten() for weights in network.parameters()]))
    assert 0 < (found[1] - found[0]).norm() < 0.02 * found[0].norm()
