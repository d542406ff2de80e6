"""Cross entropy in torch."""

import torch
from torch.nn import functional


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor, ignore: int = -100) -> torch.Tensor:
    """Return the mean loss, in nats, of logits, (rows, classes), whose right classes are `targets`, (rows,).

    Rows whose target is `ignore` do not count.
    """
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return functional.cross_entropy(wide, targets, ignore_index=ignore)
