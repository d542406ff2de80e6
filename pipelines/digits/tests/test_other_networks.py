"""The networks that a run can train in place of the convolutional one, from images to what is served."""

import numpy as np
import pytest
import torch

from models.vision import learning, onnx_networks
from pipelines.digits import task, training

pytestmark = pytest.mark.rotating  # each is exported to ONNX twice, in seconds


@pytest.mark.parametrize("network", ["vit", "efficient"])
@pytest.mark.slow
def test_other_networks_can_be_served(network, parts):
    model = task.train({"images": parts[0].head(128)}, network=network, epochs=1)
    assert 0 < len(model.edge) < len(model.onnx)
    images, labels = training.tensors(parts[1].head(7))
    images = learning.scaled(images)
    assert model.probabilities(images.numpy()).shape == (len(labels), 10)
    opened = onnx_networks.session(model.onnx)
    for some in (images[:1], images):
        with torch.no_grad():
            np.testing.assert_allclose(onnx_networks.logits(opened, some.numpy()), model.network()(some), atol=1e-4)
