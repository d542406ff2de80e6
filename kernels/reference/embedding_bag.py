"""Sums of embeddings in torch."""

import torch
from torch.nn import functional


def embedding_bag(
    indices: torch.Tensor, weight: torch.Tensor, starts: torch.Tensor, shares: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the sum of some rows of a table for each bag, (bags, width).

    indices: of the rows, (n,). weight: the table, (rows, width). starts: where each bag begins, (bags,), from 0.
    shares: what each row is multiplied by, (n,).
    """
    return functional.embedding_bag(indices, weight, starts, mode="sum", per_sample_weights=shares)
