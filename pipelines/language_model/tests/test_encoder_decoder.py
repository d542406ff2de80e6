"""The encoder-decoder transformer against torch's, and whether it learns to write dates."""

from datetime import date

import pytest
import torch
from torch import nn

from models.ladder.encoder_decoder import END, NONE, START, EncoderDecoder
from pipelines.language_model.studies.dates import study as dates

SOURCE = torch.tensor([[5, 6, 7, 8, 9], [9, 3, 4, NONE, NONE], [3, 3, NONE, NONE, NONE]])
TOKENS = torch.tensor([[START, 7, 3, 8], [START, 4, 4, 9], [START, 5, 6, 3]])


def network(cross: bool = True) -> EncoderDecoder:
    torch.manual_seed(0)
    return EncoderDecoder(20, width=16, layers=2, heads=4, cross=cross).eval()


def copied(ours: EncoderDecoder) -> nn.Transformer:
    """Return torch's transformer with the weights of ours."""
    sizes = {"d_model": 16, "nhead": 4, "dim_feedforward": 64, "dropout": 0.0, "activation": "gelu"}
    more = {"batch_first": True, "norm_first": True, "bias": False}
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(**sizes, **more), 2, nn.LayerNorm(16, bias=False), enable_nested_tensor=False
    )
    theirs = nn.Transformer(16, 4, 2, 2, 64, custom_encoder=encoder, dropout=0.0, activation="gelu", **more)
    for stack, blocks, norm in (
        (theirs.encoder, ours.encoder, ours.norms[0]),
        (theirs.decoder, ours.decoder, ours.norms[1]),
    ):
        stack.norm.weight.copy_(norm.weight)
        for layer, block in zip(stack.layers, blocks, strict=True):
            pairs = [(layer.self_attn, block.own)]
            pairs += [(layer.multihead_attn, block.cross)] if block.cross else []
            for target, source in pairs:
                target.in_proj_weight.copy_(torch.cat([source.q.weight, source.kv.weight]))
                target.out_proj.weight.copy_(source.out.weight)
            layer.linear1.weight.copy_(block.up.weight)
            layer.linear2.weight.copy_(block.down.weight)
            for number, part in enumerate(block.norms, 1):
                getattr(layer, f"norm{number}").weight.copy_(part.weight)
    return theirs.eval()


@torch.no_grad()
def test_logits_are_those_of_torch():
    ours = network()
    for name, weights in ours.named_parameters():
        if "norms" in name:  # not one, so that each has to be in its place
            weights.uniform_(0.5, 1.5)
    theirs, none = copied(ours), SOURCE == NONE
    outputs = theirs(
        ours.embedded(SOURCE), ours.embedded(TOKENS), tgt_is_causal=True,
        tgt_mask=nn.Transformer.generate_square_subsequent_mask(4),
        src_key_padding_mask=none, memory_key_padding_mask=none,
    )  # fmt: skip
    torch.testing.assert_close(ours(SOURCE, TOKENS), outputs @ ours.embedding.weight.T, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_what_a_source_is_filled_up_with_changes_nothing():
    ours, longer = network(), nn.functional.pad(SOURCE, (0, 3), value=NONE)
    torch.testing.assert_close(ours(longer, TOKENS), ours(SOURCE, TOKENS))


@torch.inference_mode()
def test_a_token_sees_the_whole_source_and_nothing_that_is_written_later():
    ours, changed = network(), TOKENS.clone()
    changed[:, 2:] = 8
    torch.testing.assert_close(ours(SOURCE, changed)[:, :2], ours(SOURCE, TOKENS)[:, :2])
    edited = SOURCE.clone()
    edited[0, 4] = 3
    assert (ours(edited, TOKENS)[0] - ours(SOURCE, TOKENS)[0]).abs().amax(1).min() > 1e-4
    blind = network(cross=False)
    torch.testing.assert_close(blind(edited, TOKENS), blind(SOURCE, TOKENS))


def test_an_answer_is_the_likeliest_token_each_time_and_ends():
    ours = network()
    answers = ours.answer(SOURCE, longest=6)
    for row in range(len(SOURCE)):
        so_far = [START]
        while len(so_far) <= 6 and so_far[-1] != END:
            with torch.inference_mode():
                so_far.append(int(ours(SOURCE[row : row + 1], torch.tensor([so_far]))[0, -1].argmax()))
        assert answers[row].tolist() == [*so_far[1:], *[NONE] * (answers.shape[1] - len(so_far) + 1)]


def test_forms_of_a_date():
    assert dates.forms(date(1954, 3, 3)) == [
        "3 March 1954", "March 3, 1954", "the 3rd of March 1954", "Mar 3rd, 1954", "Wednesday, 3 Mar. 1954",
    ]  # fmt: skip
    ordinals = [dates.ordinal(number) for number in (1, 2, 4, 11, 12, 13, 21, 22, 30, 31)]
    assert ordinals == ["1st", "2nd", "4th", "11th", "12th", "13th", "21st", "22nd", "30th", "31st"]


def test_years_that_test_are_not_learned_from():
    held_out = {day.year for day in dates.days(held_out=True)}
    assert len(held_out) == 30
    assert not held_out & {day.year for day in dates.days(held_out=False)}


@pytest.mark.slow
@pytest.mark.rotating
def test_it_learns_to_write_dates_of_unseen_years_and_not_without_cross_attention():
    assert dates.tested(dates.learned(cross=True, seed=0))["exact"] > 0.9
    assert dates.tested(dates.learned(cross=False, seed=0, epochs=2))["exact"] < 0.01
