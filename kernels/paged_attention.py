"""Attention of the newest tokens to keys and values in pages: each page is read once for all heads that share it.

The tokens of a stream are split among programs; the last one to end joins what they found.
Source: Kwon et al., "PagedAttention" (2023); Dao et al., "Flash-Decoding" (2023), for the split.
"""

import math

import torch

from kernels import fallback, splitting, tuning
from kernels.language import dot, tl, triton
from kernels.operators import operator
from kernels.reference.paged_attention import paged_attention as reference

LOG2_E = 1.4426950408889634
SIZES = (16, 32, 64, 128, 256)
SETTINGS = tuning.settings(
    "n waves num_warps num_stages",
    (64, 2, 4, 3), (64, 4, 4, 3), (128, 2, 4, 2), (32, 4, 2, 4), (64, 4, 2, 3), (128, 4, 8, 3), (64, 2, 4, 4),
    (64, 4, 4, 5), (32, 4, 4, 5), (64, 1, 4, 4),
)  # fmt: skip


def paged_attention(
    q: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, tables: torch.Tensor, lengths: torch.Tensor
) -> torch.Tensor:
    """Return what the newest token of each stream gathers, (streams, heads, size). It has no gradient.

    q: (streams, heads, size), a size of 16, 32, 64, 128 or 256. keys, values: (pages, slots, kv heads, size), of all
    streams. tables: the pages of each stream, (streams, pages). lengths: the tokens of each stream, (streams,), at
    least 1.
    """
    usual = q.shape[-1] in SIZES and q.dtype == keys.dtype == values.dtype
    usual = usual and keys.is_contiguous() and values.is_contiguous()
    unless = None if usual else f"it takes contiguous pages of the type of q, and a size of {SIZES}"
    if torch.is_grad_enabled() and any(x.requires_grad for x in (q, keys, values)):
        unless = "its inputs have a gradient"
    if not q.numel() or not fallback.runs("paged_attention", q, keys, values, unless=unless):
        return reference(q, keys, values, tables, lengths)
    output: torch.Tensor = _gathered(q, keys, values, tables, lengths)
    return output


@operator("paged_attention", lambda q, *_: q.new_empty(q.shape))
def _gathered(
    q: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, tables: torch.Tensor, lengths: torch.Tensor
) -> torch.Tensor:
    streams, heads, size = q.shape
    slots, groups = keys.shape[1:3]
    q, tables, output = q.contiguous(), tables.contiguous(), q.new_empty(q.shape)
    most = tables.shape[1] * slots
    m = max(16, triton.next_power_of_2(heads // groups))

    def run(setting):
        setting = dict(setting)
        blocks = triton.cdiv(most, setting["n"])
        parts = splitting.parts(q.device, streams * groups, blocks, setting.pop("waves"))
        found = torch.empty((parts, streams, heads, size), dtype=torch.float32, device=q.device)
        norms = torch.empty((parts, streams, heads), dtype=torch.float32, device=q.device)
        _gather[(streams, groups, parts)](
            q, keys, values, tables, lengths, output, found, norms, splitting.arrivals(q.device, streams * groups),
            LOG2_E / math.sqrt(size), tables.shape[1], triton.cdiv(blocks, parts), slots, heads // groups,
            triton.next_power_of_2(parts), size, "ieee" if q.dtype == torch.float32 else "tf32", m, **setting,
        )  # fmt: skip

    run(tuning.fastest("paged_attention", SETTINGS, (*q.shape, groups, slots, tables.shape[1], q.dtype), run))
    return output


@triton.jit
def _gather(
    q, keys, values, tables, lengths, made, found, norms, counters, scale, pages, steps, slots: tl.constexpr,
    group: tl.constexpr, most_parts: tl.constexpr, size: tl.constexpr, precision: tl.constexpr, m: tl.constexpr,
    n: tl.constexpr,
):  # fmt: skip
    stream, head, part = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    heads, parts = tl.num_programs(1) * group, tl.num_programs(2)
    length = tl.load(lengths + stream)
    member, column = tl.arange(0, m), tl.arange(0, size)
    place = (stream * heads + head * group + member).to(tl.int64)
    inside = (member < group)[:, None]
    query = tl.load(q + place[:, None] * size + column[None, :], inside, 0)
    most = tl.full((m,), float("-inf"), tl.float32)
    total = tl.zeros((m,), tl.float32)
    gathered = tl.zeros((m, size), tl.float32)
    for start in tl.range(part * steps * n, tl.minimum((part + 1) * steps * n, length), n):
        token = start + tl.arange(0, n)
        known = token < length
        page = tl.load(tables + stream * pages + token // slots, known, 0).to(tl.int64)
        row = ((page * slots + token % slots) * tl.num_programs(1) + head) * size
        key = tl.load(keys + row[None, :] + column[:, None], known[None, :], 0)
        value = tl.load(values + row[:, None] + column[None, :], known[:, None], 0)
        scores = tl.where(known[None, :], dot(query, key, None, precision) * scale, float("-inf"))
        more = tl.maximum(most, tl.max(scores, 1))
        base = tl.where(more == float("-inf"), 0.0, more)  # scores that are all -inf
        shares = tl.math.exp2(scores - base[:, None])
        fade = tl.math.exp2(most - base)
        total = total * fade + tl.sum(shares, 1)
        gathered = dot(shares.to(value.dtype), value, gathered * fade[:, None], precision)
        most = more
    gathered = gathered / tl.where(total == 0, 1.0, total)[:, None]  # a part may have no token of this stream
    if parts > 1:
        streams_heads = tl.num_programs(0) * heads
        tl.store(
            norms + part * streams_heads + place, most + tl.math.log2(tl.where(total == 0, 1.0, total)), member < group
        )
        tl.store(found + (part * streams_heads + place)[:, None] * size + column[None, :], gathered, inside)
        if splitting.arrive(counters + stream * tl.num_programs(1) + head, parts):
            all_ = tl.arange(0, most_parts)[:, None]
            there = (all_ < parts) & (member < group)[None, :]
            found_norms = tl.load(
                norms + all_ * streams_heads + place[None, :], there, float("-inf"), cache_modifier=".cg"
            )
            most = tl.max(found_norms, 0)
            total = tl.sum(tl.math.exp2(found_norms - most[None, :]), 0)
            gathered = tl.zeros((m, size), tl.float32)
            for piece in tl.range(0, parts, loop_unroll_factor=4):  # loads that do not wait for each other
                norm = tl.load(norms + piece * streams_heads + place, member < group, 0, cache_modifier=".cg")
                row = (piece * streams_heads + place)[:, None] * size + column[None, :]
                values_ = tl.load(found + row, inside, 0, cache_modifier=".cg")
                gathered += tl.math.exp2(norm - most)[:, None] * values_
            tl.store(made + place[:, None] * size + column[None, :], gathered / total[:, None], inside)
    else:
        tl.store(made + place[:, None] * size + column[None, :], gathered, inside)
