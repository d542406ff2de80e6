"""Cross entropy: the sum of exponentials in one pass over the logits; no softmax is ever stored.

Source: Milakov and Gimelshein, "Online normalizer calculation for softmax" (2018), for the one pass.
"""

import torch

from kernels import fallback
from kernels.language import tl, triton
from kernels.operators import operator
from kernels.reference.cross_entropy import cross_entropy as reference

TYPES = (*fallback.FLOATS, torch.float64)
BLOCK, WARPS = 4096, 4


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor, ignore: int = -100) -> torch.Tensor:
    """Return the mean loss, in nats, of logits, (rows, classes), whose right classes are `targets`, (rows,).

    Rows whose target is `ignore` do not count; any other target that is no class makes the loss NaN.
    """
    if not logits.numel() or not fallback.runs("cross_entropy", logits, types=TYPES):
        return reference(logits, targets, ignore)
    loss: torch.Tensor = _mean(logits, targets, ignore)[0]
    return loss


def _empty(logits, targets, ignore):
    kind = logits.dtype if logits.dtype == torch.float64 else torch.float32
    loss, norms = (logits.new_empty(shape, dtype=kind) for shape in ((), len(logits)))
    return loss, norms, targets.new_empty((), dtype=torch.long)


@operator("cross_entropy", _empty)
def _mean(logits: torch.Tensor, targets: torch.Tensor, ignore: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    losses, norms = measured(_rows(logits), targets, ignore)
    count = (targets != ignore).sum()
    return losses.sum() / count, norms, count


@operator("cross_entropy_backward", lambda logits, *_: logits.new_empty(logits.shape))
def _slopes(
    logits: torch.Tensor, targets: torch.Tensor, norms: torch.Tensor, slope: torch.Tensor, ignore: int
) -> torch.Tensor:
    slopes = logits.new_empty(logits.shape)
    gradient(_rows(logits), targets, norms, slope, ignore, slopes)
    return slopes


def _keep(ctx, inputs, output):
    logits, targets, ctx.ignore = inputs
    ctx.save_for_backward(logits, targets, *output[1:])


def _backpropagated(ctx, slope, *_):
    logits, targets, norms, count = ctx.saved_tensors
    return _slopes(logits, targets, norms, slope / count, ctx.ignore), None, None


_mean.register_autograd(_backpropagated, setup_context=_keep)


def _rows(logits):
    return logits if logits.stride(1) == 1 else logits.contiguous()


def measured(logits: torch.Tensor, targets: torch.Tensor, ignore: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the loss of each row, 0 where it does not count, and the logarithm of its sum of exponentials."""
    count, classes = logits.shape
    kind = logits.dtype if logits.dtype == torch.float64 else torch.float32
    losses, norms = (logits.new_empty(count, dtype=kind) for _ in range(2))
    block = min(BLOCK, triton.next_power_of_2(classes))
    _forward[(count,)](
        logits, targets, losses, norms, logits.stride(0), classes, ignore, fallback.compute(logits), block,
        num_warps=WARPS,
    )  # fmt: skip
    return losses, norms


def gradient(
    logits: torch.Tensor,
    targets: torch.Tensor,
    norms: torch.Tensor,
    slope: torch.Tensor,
    ignore: int,
    made: torch.Tensor,
) -> None:
    """Write the gradient of the logits, times a slope of one number, into `made`, which may be the logits."""
    count, classes = logits.shape
    block = min(BLOCK, triton.next_power_of_2(classes))
    _backward[(count, triton.cdiv(classes, block))](
        logits, targets, norms, slope, made, logits.stride(0), made.stride(0), classes, ignore,
        fallback.compute(logits), block, num_warps=WARPS,
    )  # fmt: skip


@triton.jit
def _forward(logits, targets, losses, norms, stride, classes, ignore, kind: tl.constexpr, block: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    target = tl.load(targets + row)
    column = tl.arange(0, block)
    logits += row * stride
    most = tl.full((), float("-inf"), kind)
    total = tl.zeros((block,), kind)
    for start in tl.range(0, classes, block):
        x = tl.load(logits + start + column, start + column < classes, float("-inf")).to(kind)
        more = tl.maximum(most, tl.max(x, 0))
        base = tl.where(more == float("-inf"), 0.0, more)  # exp(-inf - -inf) would be NaN
        total = total * tl.exp(most - base) + tl.exp(x - base)
        most = more
    base = tl.where(most == float("-inf"), 0.0, most)
    norm = base + tl.log(tl.sum(total, 0))
    known = (target >= 0) & (target < classes)
    right = tl.load(logits + target, known, float("nan")).to(kind)
    tl.store(norms + row, norm)
    tl.store(losses + row, tl.where(target == ignore, 0.0, norm - right))


@triton.jit
def _backward(
    logits, targets, norms, slope, made, stride, made_stride, classes, ignore, kind: tl.constexpr, block: tl.constexpr
):
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * block + tl.arange(0, block)
    target, norm = tl.load(targets + row), tl.load(norms + row)
    x = tl.load(logits + row * stride + column, column < classes, 0).to(kind)
    y = (tl.exp(x - norm) - tl.where(column == target, 1.0, 0.0)) * tl.load(slope).to(kind)
    tl.store(made + row * made_stride + column, tl.where(target == ignore, 0.0, y), column < classes)
