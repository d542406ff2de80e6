"""A linear layer and its cross entropy: some rows at a time, so that the logits of all rows never exist.

The gradients are made on the way forward, while the logits of those rows are there, and take their place.
Source: Hsu et al., "Liger Kernel" (2024), section 3.2, for gradients in the forward pass.
"""

import torch

from kernels import fallback
from kernels.cross_entropy import gradient, measured
from kernels.operators import operator
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
    wants_x, wants_weight = (torch.is_grad_enabled() and tensor.requires_grad for tensor in (x, weight))
    loss: torch.Tensor = _mean(x, weight, targets, ignore, wants_x, wants_weight)[0]
    return loss


def _empty(x, weight, targets, ignore, wants_x, wants_weight):
    dx, dw = (
        tensor.new_empty(tensor.shape if wants else (0,)) for tensor, wants in ((x, wants_x), (weight, wants_weight))
    )
    return x.new_empty((), dtype=torch.float32), dx, dw


@operator("linear_cross_entropy", _empty)
def _mean(
    x: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor, ignore: int, wants_x: bool, wants_weight: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    _, dx, dw = _empty(x, weight, targets, ignore, wants_x, wants_weight)
    slope, losses = 1 / (targets != ignore).sum(), []
    for number, (part, right, place) in enumerate(_parts(x, targets, dx if wants_x else None, len(weight))):
        logits = part @ weight.T
        loss, norms = measured(logits, right, ignore)
        losses.append(loss.sum())
        if wants_x or wants_weight:
            gradient(logits, right, norms, slope, ignore, logits)
        if wants_x:
            torch.mm(logits, weight, out=place)
        if wants_weight and number:
            dw.addmm_(logits.T, part)
        elif wants_weight:
            torch.mm(logits.T, part, out=dw)
    return torch.stack(losses).sum() * slope, dx, dw


def _backpropagated(ctx, slope, *_):
    slopes = (tensor.mul_(slope.to(tensor.dtype)) if tensor.numel() else None for tensor in ctx.saved_tensors)
    return (*slopes, None, None, None, None)


_mean.register_autograd(_backpropagated, setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*output[1:]))


def _parts(x, targets, dx, classes):
    rows = max(1, min(len(x), LOGITS // classes))
    rows -= rows % 128 if rows > 128 else 0  # whole tiles of the matrix units
    return zip(x.split(rows), targets.split(rows), x.split(rows) if dx is None else dx.split(rows), strict=True)
