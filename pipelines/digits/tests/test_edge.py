"""The edge variant, part by part: pruning, the file, and eight bits."""

import numpy as np
import onnx
import pytest
import torch

from models.vision import learning, onnx_networks, pruning
from models.vision.networks import NETWORKS
from pipelines.digits import training

pytestmark = pytest.mark.slow  # it trains a network


@pytest.fixture(scope="module")
def some(parts):
    images, labels = training.tensors(parts[1].head(200))
    return learning.scaled(images), labels


def test_nothing_pruned_is_the_same_network(model, some):
    network = model.network()
    with torch.no_grad():
        torch.testing.assert_close(pruning.pruned(network, 1.0)(some[0]), network(some[0]))


def test_pruned_network_is_smaller_and_keeps_what_counts(model, some):
    network = model.network()
    small = pruning.pruned(network, 0.75)

    def weights(network) -> int:
        return sum(part.numel() for part in network.parameters())

    assert weights(small) < 0.6 * weights(network)
    assert small.convolutions[0].weight.shape[0] == 12 and small.hidden.out_features == 96
    assert learning.accuracy(pruning.pruned(network, 0.9), *some) > 0.5  # before it is tuned again


def test_filters_that_do_nothing_are_the_first_to_go(some):
    torch.manual_seed(0)
    network = NETWORKS["cnn"]().eval()
    with torch.no_grad():
        for convolution in network.convolutions:
            convolution.weight[::4] = 0  # with a norm of no shift, nothing leaves these
        network.hidden.weight[::4] = 0
        network.hidden.bias[::4] = 0
        torch.testing.assert_close(pruning.pruned(network, 0.75)(some[0]), network(some[0]))


def test_file_answers_as_the_network_for_any_number_of_images(model, some):
    network, opened = model.network(), onnx_networks.session(model.onnx)
    for images in (some[0][:1], some[0][:7]):
        with torch.no_grad():
            np.testing.assert_allclose(onnx_networks.logits(opened, images.numpy()), network(images), atol=1e-4)


def test_file_is_the_same_each_time_and_names_nothing_of_this_machine(model):
    network = model.network()
    content = onnx_networks.exported(network)
    assert content == model.onnx
    for file in (content, model.edge):
        assert b".py" not in file and b"site-packages" not in file
        onnx.checker.check_model(onnx.load_model_from_string(file))


def test_eight_bits_take_a_quarter_and_lose_little(model, some):
    images, labels = some
    content = onnx_networks.quantized(model.onnx, images.numpy())
    right = onnx_networks.logits(onnx_networks.session(content), images.numpy()).argmax(axis=1) == labels.numpy()
    assert len(content) < 0.3 * len(model.onnx)
    assert right.mean() > learning.accuracy(model.network(), *some) - 0.01
    kinds = {
        tensor.data_type for tensor in onnx.load_model_from_string(content).graph.initializer if len(tensor.dims) > 1
    }
    assert kinds == {onnx.TensorProto.INT8}
