"""The networks' parts from scratch against torch's own."""

import pytest
import torch

from models.forecasting.autoregressive import likelihood
from models.forecasting.temporal_convolution import CausalConvolution, Network
from models.forecasting.windows import DAY


@pytest.mark.parametrize("dilation", [1, 4, 16])
def test_causal_convolution_is_the_padded_one_of_torch(dilation):
    mine = CausalConvolution(5, 7, kernel=3, dilation=dilation)
    theirs = torch.nn.Conv1d(5, 7, 3, dilation=dilation, padding=2 * dilation)
    with torch.no_grad():  # theirs counts taps from the oldest, and has time last
        theirs.weight.copy_(mine.weight.flip(0).permute(2, 1, 0))
        theirs.bias.copy_(mine.bias)
    x = torch.randn(3, 40, 5)
    assert torch.allclose(mine(x), theirs(x.mT)[..., :40].mT, atol=1e-5)


def test_no_output_depends_on_a_later_input():
    network = Network(4, width=8, kernel=3, depth=3, dropout=0)
    torch.nn.init.normal_(network.leave.weight)
    x = torch.randn(1, DAY + 30, 4, requires_grad=True)
    network(x)[0, 20].sum().backward()
    touched = x.grad[0].abs().sum(dim=-1) > 0
    assert touched[30 + 20] and not touched[30 + 21 :].any()


def test_quantiles_of_the_network_never_cross():
    network = Network(4, width=8, kernel=3, depth=3, dropout=0)
    torch.nn.init.normal_(network.leave.weight, std=5)
    assert (network(torch.randn(8, DAY, 4)).diff(dim=-1) >= 0).all()


def test_likelihood_is_that_of_torch():
    y, mean, deviation = torch.randn(100), torch.randn(100), torch.rand(100) + 0.1
    theirs = -torch.distributions.Normal(mean, deviation).log_prob(y)
    assert torch.allclose(likelihood(y, mean, deviation), theirs, atol=1e-5)
