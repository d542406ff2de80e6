"""A draft changes how many steps there are, and nothing of what comes out."""

import random

import pytest
import torch
from scipy.stats import chisquare

from models.transformer.decoder import Decoder, Shape
from models.transformer.sampling import Sampling, draw
from models.transformer.speculative import accepted
from models.transformer.streams import Stream, Streams

SHAPE = Shape(vocabulary=12, width=32, layers=2, heads=4, kv_heads=2, grams=(2,), buckets=100, context=64)
PROMPT = [3, 1, 4, 1, 5, 9, 2, 6]


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    torch.manual_seed(0)
    network = Decoder(SHAPE).eval()
    for weights in network.parameters():
        weights.data *= 3  # so that its choices are not all alike
    return network


def draft(texts) -> torch.Tensor:
    """Return logits that depend on the last token, and are not those of the decoder."""
    return torch.randn(12, 12, generator=torch.Generator().manual_seed(1))[[text[-1] for text in texts]]


def run(streams: Streams, *wanted: Stream) -> int:
    """Make streams to their end; return the number of steps."""
    steps = 0
    for stream in wanted:
        streams.add(stream)
    while streams.waiting or streams.running:
        steps += 1
        for stream in streams.step():
            if len(stream.made) == stream.most:
                streams.end(stream)
    return steps


def test_first_token_has_the_distribution_of_the_large_network():
    chance = random.Random(0)
    target, wanted = torch.rand(3, 6, generator=torch.Generator().manual_seed(0)).softmax(-1), torch.ones(2, 6) / 6
    counts = [0] * 6
    for _ in range(4_000):
        drafted = draw(wanted, [chance.random(), chance.random()]).tolist()
        counts[accepted(target, wanted, drafted, chance.random)[0]] += 1
    assert chisquare(counts, (4_000 * target[0].double() / target[0].double().sum()).tolist()).pvalue > 0.001


@torch.inference_mode()
def test_later_tokens_have_the_distribution_that_they_have_without_a_draft(decoder):
    """The third and the seventh token's share, over 800 streams, next to those of as many streams without a draft."""
    drawn = {}
    for name, asked in {"plain": None, "drafted": draft}.items():
        streams = Streams(decoder, 400, draft=asked, ahead=3)
        wanted = [Stream(PROMPT, 7, Sampling(0.9, top_k=8), seed) for seed in range(800)]
        run(streams, *wanted)
        drawn[name] = torch.tensor([stream.made for stream in wanted])
    for place in (2, 6):
        plain, drafted = (
            torch.bincount(values[:, place], minlength=12) for values in (drawn["plain"], drawn["drafted"])
        )
        both = plain + drafted
        seen = both >= 20
        statistic = ((plain - drafted).double() ** 2 / both.clamp(min=1))[seen].sum()
        assert statistic < 2.5 * int(seen.sum())  # of so many degrees of freedom, 1 each is what to expect


def test_likeliest_text_is_the_same_in_fewer_steps_where_the_draft_is_good(decoder):
    def perfect(texts):
        return torch.cat([decoder(torch.tensor([list(text)]))[:, -1] for text in texts])

    greedy, texts, steps = Sampling(temperature=0), {}, {}
    for name, asked in {"none": None, "poor": draft, "perfect": perfect}.items():
        wanted = [Stream(PROMPT[:length], 21, greedy) for length in (1, 4, 8)]
        streams = Streams(decoder, 60, size=4, draft=asked)
        steps[name] = run(streams, *wanted)
        texts[name] = [stream.made for stream in wanted]
        assert streams.pages.available == streams.pages.count
    assert texts["none"] == texts["poor"] == texts["perfect"]
    assert steps["perfect"] * 3 < steps["none"] and steps["poor"] <= steps["none"]


def test_pages_that_are_shared_hold_what_was_accepted(decoder):
    """A text that begins as one that was made with a draft is as it would be alone."""
    streams = Streams(decoder, 60, size=4, draft=draft)
    first = Stream(PROMPT, 20, Sampling(temperature=0))
    run(streams, first)
    again, alone = (Stream(PROMPT + first.made[:13], 7, Sampling(temperature=0)) for _ in range(2))
    run(streams, again)
    run(Streams(decoder, 60, size=4), alone)
    assert streams.pages.kept > 0 and again.made == alone.made == first.made[13:]


def test_text_of_a_seed_is_the_same_whatever_is_kept_of_it_and_a_shorter_one_begins_it(decoder):
    def made(most: int, **kept: int) -> Stream:
        stream = Stream(PROMPT, most, Sampling(0.9), seed=7, **kept)
        streams = Streams(decoder, 60, size=4, draft=draft)
        run(streams, stream)
        assert streams.pages.available == streams.pages.count
        return stream

    whole = made(23)
    kept = made(23, alternatives=2, watched=3)
    assert kept.made == whole.made and kept.logprobs == pytest.approx(whole.logprobs)
    assert [len(part) for part in (kept.likeliest, kept.attended)] == [23, 23]
    for place, (token, logprob) in enumerate(zip(kept.made, kept.logprobs, strict=True)):
        with torch.inference_mode():
            expected = decoder(torch.tensor([[*PROMPT, *kept.made[:place]]]))[0, -1].log_softmax(-1)
        assert logprob == pytest.approx(float(expected[token]), abs=1e-4)
        assert kept.likeliest[place] == [
            (number, pytest.approx(value, abs=1e-4)) for number, value in zip(*reversed(expected.topk(2)), strict=True)
        ]
        for layer in kept.attended[place]:
            assert len(layer) == 3 and all(seen < len(PROMPT) + place for seen, _ in layer)
    for most in range(1, 23):
        assert made(most).made == whole.made[:most]


def test_streams_with_penalties_or_rules_do_without(decoder):
    def rule(made, logits):
        return torch.arange(12) % 2 == len(made) % 2

    ruled = Stream(PROMPT, 12, Sampling(), allowed=rule)
    punished = Stream(PROMPT, 6, Sampling(temperature=0, presence=1_000.0))
    run(Streams(decoder, 60, draft=draft), ruled, punished)
    assert all(token % 2 == place % 2 for place, token in enumerate(ruled.made))
    assert len(set(punished.made)) == 6
