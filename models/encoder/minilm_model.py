"""What models share that read with MiniLM: the network is made when they first read, and is not in their pickle."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from capstan.contract.model import Model
from models.encoder import minilm

if TYPE_CHECKING:
    from models.encoder.sentence_encoder import SentenceEncoder


class MiniLMModel(Model):
    """A model whose `weight_files` are those of MiniLM. int8: what `minilm.quantized` made of them, or None."""

    requirements = ("numpy", "onnxruntime", "scipy", "torch")
    int8: bytes | None = None

    @cached_property
    def encoder(self) -> SentenceEncoder[Any]:
        """MiniLM, in the bits that the model was fitted with."""
        return minilm.in_int8(self.weight_files, self.int8) if self.int8 else minilm.shared(self.weight_files)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: everything but the encoder."""
        return {name: value for name, value in vars(self).items() if name != "encoder"}
