"""The networks by name."""

from torch import nn

from models.convolutional import ConvolutionalNetwork
from pipelines.digits.inverted_bottleneck import EfficientNetwork
from pipelines.digits.vision_transformer import VisionTransformer

NETWORKS: dict[str, type[nn.Module]] = {
    "cnn": ConvolutionalNetwork,
    "vit": VisionTransformer,
    "efficient": EfficientNetwork,
}
