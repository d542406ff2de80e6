"""Causal attention with grouped queries: scores live in registers, a block of queries by a block of keys at a time.

Source: Dao, "FlashAttention-2" (2023), algorithms 1 and 2; Milakov and Gimelshein (2018) for the running maximum.
Blocks are moved by the copy engine of the device where it has one (tensor descriptors).
"""

import math

import torch
from torch.nn import functional

from kernels import fallback, tuning
from kernels.language import dot, tl, triton
from kernels.operators import operator
from kernels.reference.attention import attention as reference

LOG2_E = 1.4426950408889634  # exp(x) is 2 ** (x * log2(e)), which the hardware has
SIZES = (16, 32, 64, 128, 256)
TILE = 128  # rows, of which each block size is a part


SETTINGS = "m n num_warps num_stages"
FORWARD = tuning.settings(
    f"{SETTINGS} special",
    (128, 128, 8, 2, False), (128, 64, 8, 3, False), (128, 64, 4, 3, False), (64, 64, 4, 3, False),
    (64, 32, 4, 2, False), (128, 128, 4, 2, True), (128, 64, 4, 3, True), (128, 128, 8, 3, False),
    (64, 128, 4, 2, False),
)  # fmt: skip
KEYS = tuning.settings(SETTINGS, (64, 128, 8, 2), (64, 64, 4, 2), (64, 128, 8, 3), (64, 64, 8, 3), (32, 64, 4, 2))
QUERIES = tuning.settings(
    SETTINGS, (128, 64, 8, 2), (128, 64, 8, 3), (64, 64, 4, 2), (128, 128, 8, 1), (64, 64, 8, 3), (64, 32, 4, 2)
)
# In float32 a product has no unit of its own: all its steps are unrolled. Larger blocks do not fit the registers, and
# take a minute to compile.
FORWARD_32 = tuning.settings(
    f"{SETTINGS} special", (64, 32, 8, 1, False), (32, 32, 8, 1, False), (16, 32, 8, 1, False), (16, 16, 8, 1, False)
)
BACKWARD_32 = tuning.settings(SETTINGS, (32, 32, 8, 1), (16, 32, 8, 1), (16, 16, 8, 1))


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Return what each query gathers of the keys up to its own, (batch, heads, time, size).

    q: (batch, heads, time, size), a size of 16, 32, 64, 128 or 256. k, v: (batch, kv heads, time, size), where each kv
    head serves a group of heads. A time that is no multiple of 128 costs a copy.
    """
    usual = q.shape[-1] in SIZES and q.shape[2] == k.shape[2] and q.dtype == k.dtype == v.dtype
    unless = None if usual else f"it takes as many keys as queries, of one type and a size of {SIZES}"
    if not q.numel() or not fallback.runs("attention", q, k, v, unless=unless):
        return reference(q, k, v)
    time = q.shape[2]
    q, k, v = (functional.pad(x, (0, 0, 0, -time % TILE)) if time % TILE else x for x in (q, k, v))
    output: torch.Tensor = _attended(q, k, v)[0]
    return output[:, :, :time]


def _empty(q, k, v):
    return _like(q), q.new_empty(q.shape[:3], dtype=torch.float32)


@operator("attention", _empty)
def _attended(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    output, norms = _empty(q, k, v)
    q, k, v = (_aligned(x) for x in (q, k, v))
    batch, heads, time, size = q.shape

    def run(setting):
        triton.set_allocator(lambda count, _, __: torch.empty(count, dtype=torch.int8, device=q.device))
        _forward[(time // setting["m"], heads, batch)](
            q, k, v, output, norms, LOG2_E / math.sqrt(size), batch * time, time, q.stride(2), k.stride(2),
            v.stride(2), heads, k.shape[1], size, _precision(q), **setting,
        )  # fmt: skip

    settings = FORWARD_32 if q.dtype == torch.float32 else FORWARD
    run(tuning.fastest("attention", settings, (*q.shape, k.shape[1], q.dtype), run))
    return output, norms


@operator("attention_backward", lambda q, k, v, *_: (_like(q), _like(k), _like(v)))
def _slopes(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, made: torch.Tensor, norms: torch.Tensor, slope: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    dq, dk, dv = (_like(x) for x in (q, k, v))
    q, k, v, slope = (_aligned(x) for x in (q, k, v, slope))
    batch, heads, time, size = q.shape
    groups = k.shape[1]
    kept, scale = torch.empty_like(norms), 1 / math.sqrt(size)
    _kept[(time // 64, heads, batch)](_blocks(made, 64), _blocks(slope, 64), kept, time, size, 64)

    def keys(setting):
        m, n = setting["m"], setting["n"]
        _keys[(time // n, groups, batch)](
            _blocks(q, m), _blocks(k, n), _blocks(v, n), _blocks(slope, m), norms, kept, _blocks(dk, n),
            _blocks(dv, n), scale, scale * LOG2_E, time, heads // groups, size, _precision(q), **setting,
        )  # fmt: skip

    def queries(setting):
        m, n = setting["m"], setting["n"]
        _queries[(time // m, heads, batch)](
            _blocks(q, m), _blocks(k, n), _blocks(v, n), _blocks(slope, m), norms, kept, _blocks(dq, m), scale,
            scale * LOG2_E, time, heads // groups, size, _precision(q), **setting,
        )  # fmt: skip

    small = BACKWARD_32 if q.dtype == torch.float32 else None
    for name, settings, run in (
        ("attention keys", small or KEYS, keys),
        ("attention queries", small or QUERIES, queries),
    ):
        run(tuning.fastest(name, settings, (*q.shape, groups, q.dtype), run))
    return dq, dk, dv


_attended.register_autograd(
    lambda ctx, slope, _: _slopes(*ctx.saved_tensors, slope),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs, *output),
)


def _like(x):
    batch, heads, time, size = x.shape
    return torch.empty((batch, time, heads, size), dtype=x.dtype, device=x.device).transpose(1, 2)


def _aligned(x):
    """Return what lies in memory as (batch, time, heads, size), as a projection makes it. Rows may lie apart.

    The copy engine takes rows that begin at multiples of 16 bytes.
    """
    _, _, time, size = x.shape
    row = x.stride(2)
    fits = x.stride() == (time * row, size, row, 1) and not (row * x.element_size() % 16 or x.data_ptr() % 16)
    return x if fits else x.transpose(1, 2).contiguous().transpose(1, 2)


def _blocks(x, rows):
    from triton.tools.tensor_descriptor import TensorDescriptor

    batch, heads, time, size = x.shape
    return TensorDescriptor(x, [batch * time, heads * size], [x.stride(2), 1], [rows, size])


def _precision(x):
    return "ieee" if x.dtype == torch.float32 else "tf32"  # of products; halves are exact in either


@triton.jit
def _scored(q, k, v, most, total, made, scale, row, column, hidden: tl.constexpr, precision: tl.constexpr):
    scores = dot(q, k.T, None, precision)
    if hidden:
        scores = tl.where(column[None, :] <= row[:, None], scores, float("-inf"))
    more = tl.maximum(most, tl.max(scores, 1) * scale)
    shares = tl.math.exp2(scores * scale - more[:, None])  # one instruction for each, where scaling first takes two
    fade = tl.math.exp2(most - more)
    total = total * fade + tl.sum(shares, 1)
    made = dot(shares.to(v.dtype), v, made * fade[:, None], precision)
    return more, total, made


@triton.jit
def _forward(
    q, k, v, made, norms, scale, rows, time, q_row, k_row, v_row, heads: tl.constexpr, groups: tl.constexpr,
    size: tl.constexpr, precision: tl.constexpr, m: tl.constexpr, n: tl.constexpr, special: tl.constexpr,
):  # fmt: skip
    q = tl.make_tensor_descriptor(q, [rows, heads * size], [q_row, 1], [m, size])
    k = tl.make_tensor_descriptor(k, [rows, groups * size], [k_row, 1], [n, size])
    v = tl.make_tensor_descriptor(v, [rows, groups * size], [v_row, 1], [n, size])
    made = tl.make_tensor_descriptor(made, [rows, heads * size], [heads * size, 1], [m, size])
    first = (tl.num_programs(0) - 1 - tl.program_id(0)) * m  # the longest rows first: the short ones fill the end
    head, batch = tl.program_id(1), tl.program_id(2)
    group = head // (heads // groups)
    row = first + tl.arange(0, m)
    query = q.load([batch * time + first, head * size])
    most = tl.full((m,), float("-inf"), tl.float32)
    total = tl.zeros((m,), tl.float32)
    gathered = tl.zeros((m, size), tl.float32)
    # Special warps load for those that compute. Triton takes one such loop in a kernel: so it hides in each block.
    for start in tl.range(0, first + m if special else first // n * n, n, warp_specialize=special):
        key = k.load([batch * time + start, group * size])
        value = v.load([batch * time + start, group * size])
        column = start + tl.arange(0, n)
        most, total, gathered = _scored(
            query, key, value, most, total, gathered, scale, row, column, special, precision
        )
    if not special:
        for start in tl.range(first // n * n, first + m, n):
            key = k.load([batch * time + start, group * size])
            value = v.load([batch * time + start, group * size])
            column = start + tl.arange(0, n)
            most, total, gathered = _scored(
                query, key, value, most, total, gathered, scale, row, column, True, precision
            )
    gathered = gathered / total[:, None]
    place = (batch.to(tl.int64) * heads + head) * time + row
    tl.store(norms + place, most + tl.math.log2(total))
    made.store([batch * time + first, head * size], gathered.to(made.dtype))


@triton.jit
def _kept(made, slope, kept, time, size: tl.constexpr, m: tl.constexpr):
    first, head, batch = tl.program_id(0) * m, tl.program_id(1), tl.program_id(2)
    output = made.load([batch * time + first, head * size]).to(tl.float32)
    gradient = slope.load([batch * time + first, head * size]).to(tl.float32)
    place = (batch.to(tl.int64) * tl.num_programs(1) + head) * time + first + tl.arange(0, m)
    tl.store(kept + place, tl.sum(output * gradient, 1))


@triton.jit
def _keys(
    q, k, v, slope, norms, kept, dk, dv, scale, scale2, time, group: tl.constexpr, size: tl.constexpr,
    precision: tl.constexpr, m: tl.constexpr, n: tl.constexpr,
):  # fmt: skip
    first, head, batch = tl.program_id(0) * n, tl.program_id(1), tl.program_id(2)
    column = first + tl.arange(0, n)
    key = k.load([batch * time + first, head * size])
    value = v.load([batch * time + first, head * size])
    key_slope = tl.zeros((n, size), tl.float32)
    value_slope = tl.zeros((n, size), tl.float32)
    for query_head in tl.range(head * group, (head + 1) * group):
        rows = (batch.to(tl.int64) * tl.num_programs(1) * group + query_head) * time
        for start in tl.range(first // m * m, time, m):
            row, place = start + tl.arange(0, m), batch * time + start
            query, dy = q.load([place, query_head * size]), slope.load([place, query_head * size])
            scores = dot(key, query.T, None, precision) * scale2 - tl.load(norms + rows + row)[None, :]
            shares = tl.math.exp2(tl.where(column[:, None] <= row[None, :], scores, float("-inf")))
            value_slope = dot(shares.to(dy.dtype), dy, value_slope, precision)
            change = dot(value, dy.T, None, precision)
            change = shares * (change - tl.load(kept + rows + row)[None, :])
            key_slope = dot(change.to(query.dtype), query, key_slope, precision)
    dk.store([batch * time + first, head * size], (key_slope * scale).to(dk.dtype))
    dv.store([batch * time + first, head * size], value_slope.to(dv.dtype))


@triton.jit
def _queries(
    q, k, v, slope, norms, kept, dq, scale, scale2, time, group: tl.constexpr, size: tl.constexpr,
    precision: tl.constexpr, m: tl.constexpr, n: tl.constexpr,
):  # fmt: skip
    first = (tl.num_programs(0) - 1 - tl.program_id(0)) * m
    head, batch = tl.program_id(1), tl.program_id(2)
    row = first + tl.arange(0, m)
    place = (batch.to(tl.int64) * tl.num_programs(1) + head) * time + row
    query = q.load([batch * time + first, head * size])
    dy = slope.load([batch * time + first, head * size])
    norm = tl.load(norms + place)
    rest = tl.load(kept + place)
    query_slope = tl.zeros((m, size), tl.float32)
    for start in tl.range(0, first + m, n):
        column = start + tl.arange(0, n)
        key = k.load([batch * time + start, head // group * size])
        value = v.load([batch * time + start, head // group * size])
        scores = dot(query, key.T, None, precision) * scale2 - norm[:, None]
        shares = tl.math.exp2(tl.where(column[None, :] <= row[:, None], scores, float("-inf")))
        change = dot(dy, value.T, None, precision)
        change = shares * (change - rest[:, None])
        query_slope = dot(change.to(key.dtype), key, query_slope, precision)
    dq.store([batch * time + first, head * size], (query_slope * scale).to(dq.dtype))
