"""Attacks and certificates, on linear classifiers, where the truth is a formula; and on a network."""

import numpy as np
import pytest
import torch
from scipy.stats import binomtest, norm
from torch import nn

from models.vision import attacks, hardening, learning, smoothing
from models.vision.augmentation import distorted
from models.vision.convolutional import ConvolutionalNetwork
from pipelines.digits import training

EPS = 0.1


@pytest.fixture
def linear() -> nn.Module:
    """Two classes: the logit of the second is w x."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 2, bias=False))
    with torch.no_grad():
        network[1].weight[0] = 0
    return network


@pytest.fixture
def grey() -> torch.Tensor:
    return 0.3 + 0.4 * torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def test_worst_case_of_a_linear_classifier_is_a_step_along_the_signs(linear, grey):
    labels = torch.ones(5, dtype=torch.long)
    worst = grey - EPS * linear[1].weight[1].sign().view(1, 1, 28, 28)
    torch.testing.assert_close(attacks.fgsm(linear, grey, labels, EPS), worst)
    torch.testing.assert_close(attacks.pgd(linear, grey, labels, EPS), worst)


def test_attack_stays_within_eps_and_within_the_range(linear):
    images = torch.rand(5, 1, 28, 28).round()
    for attack in (attacks.fgsm, attacks.pgd):
        attacked = attack(linear, images, torch.zeros(5, dtype=torch.long), EPS)
        assert (attacked - images).abs().max() <= EPS + 1e-6
        assert attacked.min() >= 0 and attacked.max() <= 1


def test_attack_with_restarts_leaves_no_more_than_one_start_and_stays_within_eps(model, parts):
    images, labels = training.tensors(parts[1].head(60))
    network, images = model.network(), learning.scaled(images)
    generators = [torch.Generator().manual_seed(0) for _ in range(2)]
    options = {"steps": 10, "loss": attacks.margin}
    once = attacks.pgd(network, images, labels, 0.05, generator=generators[0], **options)
    often = attacks.strongest(network, images, labels, 0.05, steps=10, restarts=4, generator=generators[1])
    read = [learning.answers(network, attacked) == labels for attacked in (once, often)]
    assert not (read[1] & ~read[0]).any() and read[1].sum() < len(labels)
    assert (often - images).abs().max() <= 0.05 + 1e-6 and often.min() >= 0 and often.max() <= 1


def test_margin_is_that_of_the_logits():
    logits, labels = torch.tensor([[1.0, 3.0, 2.0], [5.0, 0.0, 4.0]]), torch.tensor([0, 2])
    assert attacks.margin(logits, labels) == (3.0 - 1.0) + (5.0 - 4.0)


def test_pgd_fools_a_network_more_often_than_fgsm(model, parts):
    images, labels = training.tensors(parts[1].head(40))
    network, images = model.network(), learning.scaled(images)
    clean, single, many = (
        learning.accuracy(network, inputs, labels)
        for inputs in (images, attacks.fgsm(network, images, labels, 0.2), attacks.pgd(network, images, labels, 0.2))
    )
    assert clean > 0.9 > single > many


def test_radius_of_a_linear_classifier_is_the_distance_to_its_border(linear, grey):
    weight = linear[1].weight[1]
    with torch.no_grad():
        shift = 0.4 * weight / weight.norm() - (grey[0].flatten() @ weight) * weight / weight.norm() ** 2
        image = grey[0] + shift.view(1, 28, 28)  # at a distance of 0.4
    digit, radius = smoothing.certify(linear, image, 0.5, torch.Generator().manual_seed(0), count=20_000)
    assert digit == 1 and 0.36 < radius <= 0.4


def test_image_on_the_border_gets_no_certificate(linear):
    assert smoothing.certify(linear, torch.zeros(1, 28, 28), 0.5, torch.Generator().manual_seed(0)) == (None, 0.0)


@pytest.mark.parametrize(("successes", "draws"), [(0, 10), (7, 10), (10, 10), (990, 1_000)])
def test_lower_bound_is_that_of_scipy(successes, draws):
    interval = binomtest(successes, draws, alternative="greater").proportion_ci(1 - smoothing.DOUBT, method="exact")
    assert smoothing.lower_bound(successes, draws) == pytest.approx(interval.low, abs=1e-12)


def test_more_draws_that_agree_certify_a_larger_radius():
    assert norm.ppf(smoothing.lower_bound(256, 256)) < norm.ppf(smoothing.lower_bound(2_560, 2_560))


@pytest.fixture(scope="module")
def trained(parts):
    """Train a small network, hardened or not."""
    images, labels = training.tensors(parts[0].head(1_000))

    def train(harden: learning.Harden | None = None) -> nn.Module:
        torch.manual_seed(0)
        small = ConvolutionalNetwork((8, 8, 16, 16), 32)
        return learning.fit(small, images, labels, learning.Plan(epochs=3, batch=32), harden=harden)

    return train


@pytest.fixture(scope="module")
def plain(trained) -> nn.Module:
    return trained()


@pytest.mark.rotating
@pytest.mark.parametrize(
    ("harden", "eps"), [(hardening.attacked(EPS, steps=2, rise=30), EPS), (hardening.noisy(0.5), 0)]
)
@pytest.mark.slow
def test_hardened_network_resists_what_fools_the_other(harden, eps, trained, plain, parts):
    network = trained(harden)
    images, labels = training.tensors(parts[1].head(60))
    images = learning.scaled(images)

    def under_stress(network: nn.Module) -> float:
        if eps:
            stressed = attacks.pgd(network, images, labels, eps, generator=torch.Generator().manual_seed(0))
        else:
            stressed = images + 0.5 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
        return learning.accuracy(network, stressed, labels)

    assert under_stress(network) > under_stress(plain) + 0.2


def test_distorted_digit_is_the_same_digit_a_little_elsewhere(parts):
    images, _labels = training.tensors(parts[0].head(64))
    images = learning.scaled(images)
    once = distorted(images, torch.Generator().manual_seed(0))
    assert once.shape == images.shape
    assert 0.02 < (once - images).abs().mean() < 0.12
    assert once.mean() == pytest.approx(float(images.mean()), rel=0.1)
    again = distorted(images, torch.Generator().manual_seed(0))
    np.testing.assert_array_equal(once, again)
