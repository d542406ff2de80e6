"""GPT-2's decoder, of torch's own layers: learned places, LayerNorm, GELU. Radford et al. (2019).

The sizes are those of nanoGPT's setting for a laptop without a GPU.
"""

from __future__ import annotations

import torch
from torch import nn

CONTEXT = 64


class Gpt2(nn.Module):
    """Embeddings of tokens and places, four layers, and the embeddings of tokens again."""

    def __init__(self, vocabulary: int, width: int = 128, layers: int = 4, heads: int = 4, context: int = CONTEXT):
        super().__init__()
        self.embedding, self.places = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True, bias=False
        )
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width, bias=False), enable_nested_tensor=False)
        for name, weights in self.named_parameters():
            if weights.dim() > 1:
                narrow = name.endswith(("out_proj.weight", "linear2.weight"))
                nn.init.normal_(weights, std=0.02 / (2 * layers) ** 0.5 if narrow else 0.02)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return (batch, time, vocabulary). tokens: (batch, time)."""
        time = tokens.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(time, device=tokens.device)
        x = self.embedding(tokens) + self.places.weight[:time]
        logits: torch.Tensor = self.layers(x, mask, is_causal=True) @ self.embedding.weight.T
        return logits
