"""The training loop: the same weights, whether it was interrupted or not; the schedule and the bound are used."""

import io
from functools import partial

import pytest
import torch
from torch import nn

from models.learning import training

STEPS, EPOCHS = 5, 4


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.2), nn.Linear(8, 1))


def batches(epoch: int):
    torch.manual_seed(epoch)
    for _ in range(STEPS):
        x = torch.randn(16, 3)
        yield x, x.sum(dim=1, keepdim=True)


def squared(network, batch):
    x, y = batch
    return ((network(x) - y) ** 2).mean()


fit = partial(training.fit, loss=squared, batches=batches, rate=0.05)


def weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([part.detach().flatten() for part in network.parameters()])


def copied(state):
    """Return a checkpoint as a file would keep it."""
    stream = io.BytesIO()
    torch.save(state, stream)
    stream.seek(0)
    return torch.load(stream)


@pytest.mark.slow
def test_network_learns_and_is_ready_to_answer():
    before, trained = network().eval(), fit(network(), epochs=20)
    batch = next(iter(batches(99)))
    assert squared(trained, batch) < 0.1 * squared(before, batch) and not trained.training


@pytest.mark.parametrize("at", range(1, EPOCHS + 1))
@pytest.mark.parametrize("schedule", [None, training.rising_and_falling(STEPS * EPOCHS)], ids=["constant", "schedule"])
def test_training_goes_on_from_any_checkpoint(at, schedule):
    states, rest = [], []
    whole = fit(network(), epochs=EPOCHS, schedule=schedule, after_epoch=lambda state: states.append(copied(state)))
    fresh = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.2), nn.Linear(8, 1))
    more = {"state": states[at - 1], "after_epoch": lambda state: rest.append(state["epochs"])}
    resumed = fit(fresh, epochs=EPOCHS, schedule=schedule, **more)
    assert torch.equal(weights(whole), weights(resumed)) and rest == list(range(at + 1, EPOCHS + 1))


def test_learning_rate_rises_and_falls():
    rates = []

    def schedule(optimizer):
        scheduler = training.rising_and_falling(STEPS * EPOCHS)(optimizer)
        step = scheduler.step
        scheduler.step = lambda: (rates.append(optimizer.param_groups[0]["lr"]), step())
        return scheduler

    fit(network(), epochs=EPOCHS, schedule=schedule)
    top = rates.index(max(rates))
    assert rates[0] == pytest.approx(0.04 * 0.05) and max(rates) == pytest.approx(0.05) and top == 0.2 * len(rates)
    assert rates[:top] == sorted(rates[:top]) and rates[top:] == sorted(rates[top:], reverse=True)


def test_clip_bounds_the_gradients():
    def last_norm(clip: float | None) -> float:
        model = fit(network(), epochs=1, clip=clip)
        return float(torch.cat([part.grad.flatten() for part in model.parameters()]).norm())

    assert last_norm(0.01) == pytest.approx(0.01, rel=1e-3) and last_norm(None) > 0.1


def test_joined_network_gets_the_batches():
    seen = []

    class Joined(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            seen.append(len(x))
            return self.inner(x)

    joined, alone = fit(network(), epochs=1, joined=Joined), fit(network(), epochs=1)
    assert seen == [16] * STEPS and torch.equal(weights(joined), weights(alone))


def test_parts_of_a_batch_give_its_gradient():
    def plain() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)).double()

    def doubled(epoch: int):
        return [(x.double(), y.double()) for x, y in batches(epoch)]

    def parted(batch):
        return list(zip(*(part.chunk(4) for part in batch), strict=True))

    some = partial(training.fit, loss=squared, batches=doubled, rate=0.05, epochs=EPOCHS, clip=0.5)
    torch.testing.assert_close(weights(some(plain(), parted=parted)), weights(some(plain())), atol=1e-9, rtol=0)


def test_mixed_precision_of_a_cpu_computes_otherwise_and_learns_the_same():
    usual, mixed = (weights(fit(network(), epochs=2, bfloat16=bfloat16)) for bfloat16 in (False, True))
    assert mixed.dtype == torch.float32 and not torch.equal(mixed, usual)
    torch.testing.assert_close(mixed, usual, atol=0.05, rtol=0)
