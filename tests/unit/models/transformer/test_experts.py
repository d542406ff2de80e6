"""A mixture of experts against a loop over tokens and against Mixtral's, forward and backward; balanced by its loss."""

import pytest
import torch
from torch.nn import functional
from transformers import MixtralConfig
from transformers.models.mixtral.modeling_mixtral import MixtralSparseMoeBlock, load_balancing_loss_func

from models.transformer.decoder import Decoder, Shape
from models.transformer.experts import Experts, balance, watched

WIDTH, INNER, COUNT = 16, 24, 6


def layer(used: int = 2) -> Experts:
    torch.manual_seed(0)
    experts = Experts(WIDTH, INNER, COUNT, used)
    for weights in experts.parameters():
        torch.nn.init.normal_(weights, std=0.5)
    return experts


def one_by_one(experts: Experts, x: torch.Tensor) -> torch.Tensor:
    """Return what experts answer, token by token, by the formulas of the paper."""
    rows = []
    for token in x.reshape(-1, WIDTH):
        scores = experts.router.weight @ token
        best = sorted(range(COUNT), key=lambda expert: -float(scores[expert]))[: experts.used]
        shares = torch.softmax(
            scores[best], dim=0
        )  # of those that are chosen alone: the same as to divide by their sum
        answers = []
        for expert in best:
            gate, up = (experts.gate_up[expert] @ token).split(INNER)
            answers.append(experts.down[expert] @ (gate * torch.sigmoid(gate) * up))
        rows.append((shares[:, None] * torch.stack(answers)).sum(dim=0))
    return torch.stack(rows).reshape(x.shape)


@pytest.mark.parametrize("used", [1, 2, COUNT])
@torch.inference_mode()
def test_experts_give_what_a_loop_over_tokens_gives(used):
    experts, x = layer(used), torch.randn(3, 7, WIDTH)
    torch.testing.assert_close(experts(x), one_by_one(experts, x), atol=1e-4, rtol=1e-4)


def test_answers_and_gradients_are_those_of_mixtral():
    ours, x = layer(), torch.randn(3, 7, WIDTH)
    config = MixtralConfig(
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_local_experts=COUNT,
        num_experts_per_tok=2,
        num_attention_heads=1,
    )
    theirs = MixtralSparseMoeBlock(config)
    theirs.load_state_dict({
        "gate.weight": ours.router.weight, "experts.gate_up_proj": ours.gate_up, "experts.down_proj": ours.down,
    })  # fmt: skip
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-4, rtol=1e-4)
    for experts in (ours, theirs):
        experts(x).square().mean().backward()
    pairs = [
        (ours.router.weight, theirs.gate.weight),
        (ours.gate_up, theirs.experts.gate_up_proj),
        (ours.down, theirs.experts.down_proj),
    ]
    for own, peer in pairs:
        assert own.grad.abs().sum() > 0
        torch.testing.assert_close(own.grad, peer.grad, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("used", [1, 2])
def test_balance_is_that_of_transformers(used):
    logits = torch.randn(50, COUNT)
    theirs = load_balancing_loss_func((logits,), COUNT, used)
    torch.testing.assert_close(balance(logits, used), theirs / used)


def test_balance_is_one_for_equal_shares_and_more_for_unequal_ones():
    turns = 8.0 * functional.one_hot(torch.arange(60) % COUNT, COUNT)
    alone = 8.0 * functional.one_hot(torch.zeros(60, dtype=torch.long), COUNT)
    assert float(balance(turns, 1)) == pytest.approx(1.0)
    assert float(balance(alone, 1)) == pytest.approx(COUNT, rel=0.02)


def decoder() -> Decoder:
    torch.manual_seed(0)
    return Decoder(Shape(vocabulary=50, width=32, layers=2, heads=4, experts=4))


def test_balance_spreads_tokens_over_experts():
    """Routers that prefer one expert learn to use all of them by this loss alone."""
    ours, tokens = decoder(), torch.randint(50, (4, 40))
    for block in ours.blocks:
        block.feed_forward.router.weight.data[0] += 0.1 * ours.embedding.weight.data.mean(dim=0).sign()
    optimizer, values = torch.optim.Adam(ours.parameters(), lr=0.01), []
    for _ in range(60):
        with watched(ours) as spread:
            ours(tokens)
            loss = spread()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        values.append(float(loss.detach()))
    assert values[0] > 1.05 > values[-1] >= 0.99


@torch.inference_mode()
def test_watching_ends_and_changes_nothing():
    ours, tokens = decoder().eval(), torch.randint(50, (4, 40))
    before = ours(tokens)
    with watched(ours) as spread:
        torch.testing.assert_close(ours(tokens), before, atol=0, rtol=0)
        mean = spread()
    assert 0.9 < float(mean) < 4
    assert not any(block.feed_forward.router._forward_hooks for block in ours.blocks)


def test_decoder_with_experts_begins_small_and_learns():
    ours, tokens = decoder(), torch.randint(50, (4, 41))
    assert float(ours.blocks[0].feed_forward.down.detach().std()) == pytest.approx(0.02 / 2, rel=0.1)
    optimizer, losses = torch.optim.AdamW(ours.parameters(), lr=0.003), []
    for _ in range(40):
        loss = functional.cross_entropy(ours(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]
