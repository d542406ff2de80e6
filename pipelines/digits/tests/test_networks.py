"""Each network from scratch against what PyTorch computes from the same weights."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from models.vision.convolutional import ConvolutionalNetwork
from models.vision.inverted_bottleneck import InvertedBottleneck, SqueezeExcitation
from models.vision.networks import NETWORKS
from models.vision.vision_transformer import Attention, Block, VisionTransformer


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def copied(layer: nn.TransformerEncoderLayer, block: Block) -> nn.TransformerEncoderLayer:
    """Give PyTorch's layer the weights of ours."""
    pairs = [
        (layer.self_attn.out_proj, block.attention.join),
        (layer.norm1, block.before_attention),
        (layer.norm2, block.before_dense),
        (layer.linear1, block.dense[0]),
        (layer.linear2, block.dense[2]),
    ]
    for theirs, ours in pairs:
        theirs.load_state_dict(ours.state_dict())
    with torch.no_grad():
        layer.self_attn.in_proj_weight.copy_(block.attention.project.weight)
        layer.self_attn.in_proj_bias.copy_(block.attention.project.bias)
    return layer.eval()


def test_attention_is_that_of_pytorch():
    tokens, attention = torch.randn(3, 10, 64), Attention(64, 4)
    query, key, value = (part.view(3, 10, 4, 16).transpose(1, 2) for part in attention.project(tokens).split(64, dim=2))
    mixed = functional.scaled_dot_product_attention(query, key, value)
    close(attention(tokens), attention.join(mixed.transpose(1, 2).reshape(3, 10, 64)))


def test_block_of_the_transformer_is_that_of_pytorch():
    tokens, block = torch.randn(3, 10, 64), Block(64, 4)
    layer = nn.TransformerEncoderLayer(
        64, 4, dim_feedforward=128, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    close(block(tokens), copied(layer, block)(tokens))


def test_patches_are_pieces_of_the_image():
    network, images = VisionTransformer(), torch.randn(2, 1, 28, 28)
    tokens = network.patches(images).flatten(2).transpose(1, 2)
    pieces = functional.unfold(images, 4, stride=4).transpose(1, 2)
    close(tokens, functional.linear(pieces, network.patches.weight.flatten(1), network.patches.bias))
    assert tokens.shape == (2, 49, 64)


def test_squeeze_and_excitation_is_two_dense_layers_over_means():
    layer, images = SqueezeExcitation(8, 2), torch.randn(3, 8, 5, 5)
    _, squeeze, _, excite, _ = layer.weigh
    means = images.mean(dim=(2, 3))
    inner = functional.silu(means @ squeeze.weight.flatten(1).T + squeeze.bias)
    weights = torch.sigmoid(inner @ excite.weight.flatten(1).T + excite.bias)
    close(layer(images), images * weights[:, :, None, None])


def test_bottleneck_convolves_each_channel_alone_and_adds_what_came_in():
    block, images = InvertedBottleneck(4, 4, kernel=5).eval(), torch.randn(2, 4, 9, 9)
    widen, norm1, _, deep, norm2, _, weigh, narrow, norm3 = block.steps
    wide = functional.silu(norm1(torch.einsum("oc,nchw->nohw", widen.weight[:, :, 0, 0], images)))
    alone = [functional.conv2d(wide[:, [i]], deep.weight[[i]], padding=2) for i in range(16)]
    weighed = weigh(functional.silu(norm2(torch.cat(alone, dim=1))))
    close(block(images), images + norm3(torch.einsum("oc,nchw->nohw", narrow.weight[:, :, 0, 0], weighed)))


def test_bottleneck_with_a_stride_does_not_add():
    assert InvertedBottleneck(4, 8, stride=2)(torch.randn(2, 4, 10, 10)).shape == (2, 8, 5, 5)


def test_convolutional_network_is_the_same_layers_in_a_row():
    network = ConvolutionalNetwork().eval()
    row = []
    for place, pair in enumerate(zip(network.convolutions, network.norms, strict=True)):
        row += [*pair, nn.ReLU(), *([nn.MaxPool2d(2)] if place % 2 else [])]
    row += [nn.Flatten(), network.hidden, nn.ReLU(), network.output]
    images = torch.randn(3, 1, 28, 28)
    close(network(images), nn.Sequential(*row)(images))


@pytest.mark.parametrize("name", NETWORKS)
def test_network_learns_some_images_by_heart(name):
    torch.manual_seed(1)
    network, images, labels = NETWORKS[name](), torch.rand(10, 1, 28, 28), torch.arange(10)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(30):
        optimizer.zero_grad()
        functional.cross_entropy(network(images), labels).backward()
        optimizer.step()
    assert float((network(images).argmax(dim=1) == labels).float().mean()) > 0.9
