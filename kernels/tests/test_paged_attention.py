"""Attention of new tokens to pages."""

import pytest
import torch

from kernels.paged_attention import paged_attention
from kernels.reference.paged_attention import paged_attention as reference
from kernels.tests.beside import DEVICE, FLOAT, KINDS, check, randn


def pages(streams, most, slots, groups, size, kind):
    count = streams * most + 3
    keys, values = (randn(count, slots, groups, size, kind=kind, slope=False) for _ in range(2))
    tables = torch.randperm(count)[: streams * most].view(streams, most).int().to(DEVICE)
    return keys, values, tables


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("heads", "groups", "size", "slots"), [(1, 1, 16, 1), (6, 2, 32, 16), (9, 3, 64, 7), (8, 1, 128, 32)]
)
def test_equals_its_reference(kind, heads, groups, size, slots):
    lengths = torch.tensor([1, slots * 4 // 3, slots * 5], dtype=torch.int32, device=DEVICE)
    q = randn(3, heads, size, kind=kind, slope=False)
    check(
        paged_attention,
        reference,
        q,
        *pages(3, 5, slots, groups, size, kind),
        lengths,
        far=1e-5 if kind == FLOAT else 1e-2,
    )


def test_many_tokens():
    keys, values, tables = pages(2, 40, 16, 2, 16, FLOAT)
    lengths = torch.tensor([33, 640], dtype=torch.int32, device=DEVICE)
    check(paged_attention, reference, randn(2, 4, 16, slope=False), keys, values, tables, lengths, far=1e-5)


def test_what_is_after_the_last_token_does_not_count():
    keys, values, tables = pages(1, 2, 8, 1, 16, FLOAT)
    keys[tables[0, 1].item(), 3:], values[tables[0, 1].item(), 3:] = float("nan"), float("nan")
    lengths = torch.tensor([11], dtype=torch.int32, device=DEVICE)
    assert paged_attention(randn(1, 2, 16, slope=False), keys, values, tables, lengths).isfinite().all()


def test_what_is_no_number_passes():
    keys, values, tables = pages(2, 2, 8, 1, 16, FLOAT)
    keys[tables[0, 1].item(), 1] = float("nan")
    lengths = torch.tensor([16, 16], dtype=torch.int32, device=DEVICE)
    output = paged_attention(randn(2, 2, 16, slope=False), keys, values, tables, lengths)
    assert output[0].isnan().all()
    assert output[1].isfinite().all()
