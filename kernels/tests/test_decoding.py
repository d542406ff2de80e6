"""The small operations of a decoder's step on a CPU."""

import pytest
import torch

from kernels import decoding, notice
from kernels.reference import decoding as reference

HEADS, GROUPS, SIZE, PAGE = 6, 2, 16, 4


def step(places, seed=0):
    """Return what `attended` takes, of streams whose pages lie anywhere: one new token of each."""
    torch.manual_seed(seed)
    pages = 1 + max(places) // PAGE
    tables = torch.randperm(len(places) * pages).view(len(places), pages)
    keys, values = torch.randn(2, tables.numel() * PAGE, GROUPS, SIZE)
    angles = torch.rand(len(places), SIZE // 2) * 6
    qkv = torch.randn(len(places), (HEADS + 2 * GROUPS) * SIZE)
    slots = (tables[:, :, None] * PAGE + torch.arange(PAGE)).flatten(1)
    return qkv, (angles.cos(), angles.sin()), torch.tensor(places), slots, keys, values


def test_norms_equal_their_reference():
    x, weight = torch.randn(5, 3, 40), torch.randn(40)
    assert torch.allclose(decoding.normalized(x, weight, 1e-5), reference.normalized(x, weight, 1e-5), atol=1e-5)


def test_rows_have_one_scale():
    x = torch.randn(7, 33) * torch.tensor([[10.0**power] for power in range(-3, 4)])
    x[2] = 0
    unit, largest = decoding.unit_rows(x)
    assert torch.allclose(unit[:, :-2] * largest, x) and float(unit.abs().max()) == pytest.approx(1)
    assert not unit[2, :-2].any() and unit[:, -2:].tolist() == [[1, -1]] * 7
    assert all(map(torch.allclose, (unit, largest), reference.unit_rows(x, decoding.SMALLEST)))


@pytest.mark.parametrize("places", [[0], [0, 3, 4, 17, 11], [63] * 3])
def test_attention_equals_its_reference_and_keeps_the_same(places):
    ours, theirs = step(places), step(places)
    assert torch.allclose(decoding.attended(*ours), reference.attended(*theirs), atol=1e-5)
    for kept, expected in zip(ours[4:6], theirs[4:6], strict=True):
        assert torch.allclose(kept, expected, atol=1e-6)


def test_tokens_of_one_prompt_see_those_before_them():
    """Three tokens of one stream at once are what they are one after another."""
    qkv, turn, _, slots, keys, values = step([2, 2, 2])
    slots = slots[:1].expand(3, -1).contiguous()
    alone = [
        decoding.attended(qkv[i : i + 1], tuple(part[i : i + 1] for part in turn), torch.tensor([i]), slots[:1], keys,
        values) for i in range(3)
    ]  # fmt: skip
    keys, values = torch.randn(2, *keys.shape)
    together = decoding.attended(qkv, turn, torch.arange(3), slots, keys, values)
    assert torch.allclose(together, torch.cat(alone), atol=1e-6)


def test_what_is_no_number_stays_in_its_row():
    parts = step([5, 5])
    parts[0][0, 3] = torch.nan
    gathered = decoding.attended(*parts)
    assert gathered[0].isnan().any() and not gathered[1].isnan().any()


def test_without_numba(monkeypatch):
    expected = decoding.attended(*step([4, 9]))
    monkeypatch.setattr(decoding, "_compiled", lambda name: None)
    assert torch.allclose(decoding.attended(*step([4, 9])), expected, atol=1e-5)
    x = torch.randn(2, 8)
    assert torch.allclose(decoding.normalized(x, torch.ones(8), 1e-5), reference.normalized(x, torch.ones(8), 1e-5))
    assert torch.allclose(decoding.unit_rows(x)[0], reference.unit_rows(x, decoding.SMALLEST)[0])


def test_missing_numba_is_said_once(monkeypatch):
    decoding._compiled.cache_clear()
    notice.warn.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "numba", None)
    with pytest.warns(notice.FallbackWarning, match="Numba is not installed"):
        decoding.unit_rows(torch.randn(2, 8))
    decoding._compiled.cache_clear()
