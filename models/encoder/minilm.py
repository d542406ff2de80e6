"""all-MiniLM-L6-v2: an encoder of sentences of 22.7 million weights, trained on a billion pairs of texts.

Sources: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2, Apache-2.0; Wang et al., "MiniLM" (2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import torch

from capstan.inputs import weights_files
from models.encoder import encoder_int8
from models.encoder.minilm_weights import WEIGHTS
from models.encoder.sentence_encoder import Encoder, SentenceEncoder, Shape
from models.tokens.bert_tokens import BertTokens
from models.weights import safetensors_file

__all__ = ["WEIGHTS", "in_int8", "load", "quantized", "shared"]

MOST = 256  # tokens of a text that it reads
PARTS = {  # of a layer, ours and theirs; those that stand one above the other in ours
    "qkv": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "out": ("attention.output.dense",),
    "norms.0": ("attention.output.LayerNorm",),
    "up": ("intermediate.dense",),
    "down": ("output.dense",),
    "norms.1": ("output.LayerNorm",),
}
ENDS = {"words": "word_embeddings", "places": "position_embeddings", "kinds": "token_type_embeddings"}


def load(weights: Mapping[str, Path] | None = None) -> SentenceEncoder:
    """Return the encoder. weights: the paths of `WEIGHTS`; None takes them from where `weights_files` looks."""
    paths = weights_files.fetch_all(WEIGHTS) if weights is None else weights
    with torch.device("meta"):  # without memory: its first weights would not be used
        encoder = Encoder(Shape())
    encoder.load_state_dict(ours(safetensors_file.read(paths["encoder"]), len(encoder.layers)), assign=True)
    return SentenceEncoder(BertTokens(paths["vocabulary"]), encoder.eval(), MOST)


def shared(weights: Mapping[str, Path]) -> SentenceEncoder:
    """Return the encoder, which all models of a process share.

    It has one core, for an endpoint computes several requests at a time. weights: the paths of `WEIGHTS`.
    """
    return _shared(weights["encoder"], weights["vocabulary"])


def quantized(weights: Mapping[str, Path]) -> bytes:
    """Return the encoder as a file in int8, which is made once in a process."""
    return _quantized(weights["encoder"], weights["vocabulary"])


def in_int8(weights: Mapping[str, Path], content: bytes | None = None) -> SentenceEncoder[encoder_int8.Int8Encoder]:
    """Return the encoder in int8, on one core.

    weights: the paths of `WEIGHTS`. content: what `quantized` made of them; None makes it.
    """
    content = quantized(weights) if content is None else content
    torch.set_num_threads(1)
    return SentenceEncoder(BertTokens(weights["vocabulary"]), encoder_int8.Int8Encoder(content), MOST)


@lru_cache(1)
def _shared(encoder: Path, vocabulary: Path) -> SentenceEncoder:
    torch.set_num_threads(1)
    return load({"encoder": encoder, "vocabulary": vocabulary})


@lru_cache(1)
def _quantized(encoder: Path, vocabulary: Path) -> bytes:
    return encoder_int8.quantized(_shared(encoder, vocabulary).encoder)


def ours(theirs: Mapping[str, torch.Tensor], layers: int) -> dict[str, torch.Tensor]:
    """Return the weights of `transformers`' BertModel under the names of `models.encoder.sentence_encoder.Encoder`."""
    weights = {f"{name}.weight": theirs[f"embeddings.{source}.weight"] for name, source in ENDS.items()}
    for kind in ("weight", "bias"):
        weights[f"norm.{kind}"] = theirs[f"embeddings.LayerNorm.{kind}"]
        for layer in range(layers):
            for name, others in PARTS.items():
                parts = [theirs[f"encoder.layer.{layer}.{source}.{kind}"] for source in others]
                weights[f"layers.{layer}.{name}.{kind}"] = torch.cat(parts)
    return weights
