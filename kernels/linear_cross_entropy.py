"""A linear layer and its cross entropy: some rows at a time, so that the logits of all rows never exist.

The gradients are made on the way forward, while the logits of those rows are there, and take their place.
Source: Hsu et al., "Liger Kernel" (2024), section 3.2, for gradients in the forward pass.
"""

import torch

from kernels import fallback
from kernels.cross_entropy import gradient, measured
from kernels.reference.linear_cross_entropy import linear_cross_entropy as reference

LOGITS = 2**29  # that exist at a time: 1 GB of bfloat16


def linear_cross_entropy(
    x: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor, ignore: int = -100
) -> torch.Tensor:
    """Return the mean loss, in nats, of the logits of x, (rows, width), by a weight, (classes, width).

    The gradient of the weight is summed in the weight's type, over a few parts of the rows.
    """
    unless = None if x.dtype == weight.dtype else f"its inputs are {x.dtype} and {weight.dtype}"
    if not x.numel() or not fallback.runs("linear_cross_entropy", x, weight, unless=unless):
        return reference(x, weight, targets, ignore)
    made: torch.Tensor = _LinearCrossEntropy.apply(x, weight, targets, ignore, torch.is_grad_enabled())
    return made


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, targets, ignore, wanted):
        wants_x, wants_weight = (wanted and wants for wants in ctx.needs_input_grad[:2])
        dx = torch.empty_like(x) if wants_x else None
        dw = None
        count = (targets != ignore).sum()
        slope, losses = 1 / count, []
        for part, right, place in _parts(x, targets, dx, len(weight)):
            logits = part @ weight.T
            loss, norms = measured(logits, right, ignore)
            losses.append(loss.sum())
            if wants_x or wants_weight:
                gradient(logits, right, norms, slope, ignore, logits)
            if wants_x:
                torch.mm(logits, weight, out=place)
            if wants_weight:
                dw = logits.T @ part if dw is None else dw.addmm_(logits.T, part)
        ctx.save_for_backward(dx, dw)
        return torch.stack(losses).sum() * slope

    @staticmethod
    def backward(ctx, slope):
        return (
            *(made if made is None else made.mul_(slope.to(made.dtype)) for made in ctx.saved_tensors),
            None,
            None,
            None,
        )


def _parts(x, targets, dx, classes):
    rows = max(1, min(len(x), LOGITS // classes))
    rows -= rows % 128 if rows > 128 else 0  # whole tiles of the matrix units
    return zip(x.split(rows), targets.split(rows), x.split(rows) if dx is None else dx.split(rows), strict=True)
