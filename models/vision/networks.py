"""The networks by name."""

from torch import nn

from models.vision.convolutional import ConvolutionalNetwork
from models.vision.inverted_bottleneck import EfficientNetwork
from models.vision.vision_transformer import VisionTransformer

NETWORKS: dict[str, type[nn.Module]] = {
    "cnn": ConvolutionalNetwork,
    "vit": VisionTransformer,
    "efficient": EfficientNetwork,
}
