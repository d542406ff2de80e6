"""Many streams of one decoder: each gets what it would get alone."""

import math
import random

import pytest
import torch
from scipy.stats import chisquare

from models.transformer import adapters
from models.transformer.decoder import Decoder, Shape
from models.transformer.sampling import Sampling
from models.transformer.streams import Stream, Streams

SHAPES = {
    "grouped": Shape(vocabulary=50, width=32, layers=2, heads=4, kv_heads=2, context=64),
    "window": Shape(vocabulary=50, width=32, layers=2, heads=4, window=6, context=64),
    "alibi": Shape(vocabulary=50, width=32, layers=2, heads=4, positions="alibi", context=64),
    "learned": Shape(vocabulary=50, width=32, layers=2, heads=4, positions="learned", context=80),
    "sinusoids": Shape(vocabulary=50, width=32, layers=2, heads=4, positions="sinusoids", context=64),
    "n-grams": Shape(vocabulary=50, width=32, layers=2, heads=4, grams=(2, 4), buckets=500, context=64),
}
GREEDY = Sampling(temperature=0)


@pytest.fixture(scope="module", params=SHAPES)
def decoder(request) -> Decoder:
    torch.manual_seed(0)
    network = Decoder(SHAPES[request.param]).eval()
    for weights in network.parameters():
        weights.data *= 3  # so that its choices are not all alike
    return network


def run(streams: Streams, *wanted: Stream) -> None:
    """Make streams to their end, and those that were there before as well."""
    for stream in wanted:
        streams.add(stream)
    while streams.waiting or streams.running:
        for stream in streams.step():
            if len(stream.made) == stream.most:
                streams.end(stream)


@torch.inference_mode()
def alone(decoder: Decoder, prompt: list[int], most: int) -> list[int]:
    """Return the likeliest continuation, with the whole text computed again for each token."""
    tokens = list(prompt)
    for _ in range(most):
        tokens.append(int(decoder(torch.tensor([tokens]))[0, -1].argmax()))
    return tokens[len(prompt) :]


def prompts(count: int, seed: int = 0) -> list[list[int]]:
    chance = random.Random(seed)
    return [[chance.randrange(50) for _ in range(chance.randrange(1, 30))] for _ in range(count)]


def test_streams_together_are_each_as_alone(decoder):
    """Of prompts that are longer and shorter than a chunk and a page, in less memory than all of them need at once."""
    wanted = [Stream(prompt, 1 + number * 3, GREEDY) for number, prompt in enumerate(prompts(8))]
    streams = Streams(decoder, pages=20, size=4, chunk=8)
    run(streams, *wanted)
    for stream in wanted:
        assert stream.made == alone(decoder, stream.prompt, stream.most)
    assert streams.pages.available == streams.pages.count


def test_streams_with_adapters_are_each_as_alone_and_share_beginnings_of_their_own():
    torch.manual_seed(0)
    decoder = Decoder(SHAPES["grouped"]).eval()
    chosen = adapters.adapt(decoder, ("qkv", "down"), count=2, rank=4)
    for weights in decoder.parameters():
        weights.data *= 3
    for _, layer in adapters.layers(decoder):
        layer.up.data[1:] = torch.randn(layer.up.shape)[1:]
    prompt = list(range(30))
    expected = []
    for number in range(3):
        chosen.choose([number])
        expected.append(alone(decoder, prompt, 12))
    assert len({tuple(tokens) for tokens in expected}) == 3
    streams = Streams(decoder, pages=200, size=4, chunk=8, chosen=chosen)
    for _ in range(2):  # the second time with pages that are kept
        wanted = [Stream(prompt, 12, GREEDY, adapter=number) for number in (0, 1, 2, 1)]
        run(streams, *wanted)
        assert [stream.made for stream in wanted] == [expected[stream.adapter] for stream in wanted]
    read = Stream(prompt, 1, GREEDY, adapter=2)
    streams.add(read)
    streams.step()
    assert len(streams.pages.share(prompt, adapter=2)) == 7 and streams.pages.share(prompt, adapter=3) == []


def test_adapter_that_is_not_there_is_an_error(decoder):
    with pytest.raises(ValueError, match="no adapters"):
        Streams(decoder, pages=20).add(Stream([1], 1, adapter=1))


def test_shared_beginnings_change_nothing_but_the_work(decoder):
    beginning = prompts(1, seed=1)[0] + list(range(20))
    streams = Streams(decoder, pages=60, size=4, chunk=8)
    for end in ([1], [2, 3], [1]):
        stream = Stream(beginning + end, 10, GREEDY)
        run(streams, stream)
        assert stream.made == alone(decoder, stream.prompt, 10)
    assert streams.pages.kept > 0


def test_prompts_of_one_length_are_read_together_as_many_as_a_chunk_holds(decoder):
    wanted = [Stream(list(range(first, first + 4)), 9, GREEDY) for first in range(5)]
    streams = Streams(decoder, pages=60, size=4, chunk=8)
    for stream in wanted:
        streams.add(stream)
    assert [len(streams.step()) for _ in range(3)] == [2, 4, 5]
    run(streams)
    assert [stream.made for stream in wanted] == [alone(decoder, stream.prompt, 9) for stream in wanted]


def test_stream_that_joins_later_and_one_that_leaves_change_nothing(decoder):
    first, second, third = (Stream(prompt, 12, GREEDY) for prompt in prompts(3, seed=2))
    streams = Streams(decoder, pages=60, size=4)
    streams.add(first)
    streams.add(second)
    for _ in range(4):
        streams.step()
    streams.end(second)
    run(streams, third)
    assert first.made == alone(decoder, first.prompt, 12) and third.made == alone(decoder, third.prompt, 12)
    assert streams.pages.available == streams.pages.count


def test_same_seed_gives_the_same_text_whoever_is_beside_it(decoder):
    texts = []
    for beside in (0, 5):
        wanted = [Stream([7, 8, 9], 15, Sampling(), seed=3), *(Stream(prompt, 20) for prompt in prompts(beside))]
        run(Streams(decoder, pages=80, size=4), *wanted)
        texts.append(wanted[0].made)
    assert texts[0] == texts[1]


def test_first_token_comes_as_often_as_its_chance_says(decoder):
    streams, prompt = Streams(decoder, pages=400, size=4), [3, 1, 4]
    wanted = [Stream(prompt, 1, Sampling(), seed=seed) for seed in range(1_000)]
    run(streams, *wanted)
    with torch.inference_mode():
        expected = 1_000 * torch.softmax(decoder(torch.tensor([prompt]))[0, -1], dim=-1)
    observed = torch.bincount(torch.tensor([stream.made[0] for stream in wanted]), minlength=50)
    often = expected >= 5
    counts, chances = (torch.cat([some[often], some[~often].sum()[None] + 1e-9]) for some in (observed, expected))
    assert chisquare(counts, chances * counts.sum() / chances.sum()).pvalue > 1e-4
    assert math.exp(wanted[0].logprobs[0]) == pytest.approx(float(expected[wanted[0].made[0]]) / 1_000, rel=1e-4)


def test_what_is_not_allowed_never_comes(decoder):
    even = torch.arange(50) % 2 == 0
    wanted = Stream([1, 2, 3], 20, allowed=lambda tokens, _: even if len(tokens) % 2 else ~even)
    run(Streams(decoder, pages=20, size=4), wanted)
    assert [token % 2 for token in wanted.made] == [1, 0] * 10


def test_penalties_are_of_what_the_stream_itself_has_made(decoder):
    wanted = [Stream(prompt, 20, Sampling(temperature=0, presence=1e6)) for prompt in prompts(3)]
    run(Streams(decoder, pages=60, size=4), *wanted)
    assert all(len(set(stream.made)) == 20 for stream in wanted)


def test_log_probabilities_are_those_of_the_whole_text_computed_at_once(decoder):
    """Before temperature, filters and what is allowed; the likeliest are kept where they are wanted."""
    even = torch.arange(50) % 2 == 0
    wanted = Stream(prompts(1)[0], 12, Sampling(temperature=2), 3, lambda tokens, _: even, alternatives=4)
    plain = Stream(prompts(1)[0], 12, Sampling(temperature=2), 3)
    run(Streams(decoder, pages=60, size=4, chunk=8), wanted, plain)
    with torch.inference_mode():
        rows = decoder(torch.tensor([wanted.tokens]))[0].log_softmax(dim=-1)[len(wanted.prompt) - 1 : -1]
    assert wanted.logprobs == pytest.approx(
        [float(row[token]) for row, token in zip(rows, wanted.made, strict=True)], abs=1e-3
    )
    for row, kept in zip(rows, wanted.likeliest, strict=True):
        assert [token for token, _ in kept] == row.topk(4).indices.tolist()
        assert [logprob for _, logprob in kept] == pytest.approx(row.topk(4).values.tolist(), abs=1e-3)
    assert len(plain.logprobs) == 12 and plain.likeliest == []


def test_what_each_layer_attended_to_is_that_of_the_whole_text_computed_at_once(decoder):
    wanted, plain = (Stream(prompt, 12, watched=count) for prompt, count in zip(prompts(2), (4, 0), strict=True))
    run(Streams(decoder, pages=60, size=4, chunk=8), wanted, plain)
    layers = []

    def recorded(q, k, v, mask):
        k, v = (part.repeat_interleave(q.shape[1] // k.shape[1], 1) for part in (k, v))
        mask = torch.full((q.shape[2], q.shape[2]), -torch.inf).triu(1) if mask is None else mask
        shares = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + mask).softmax(dim=-1)
        layers.append(shares.mean(1)[0])
        return shares @ v

    same = Decoder(decoder.shape, recorded).eval()
    same.load_state_dict(decoder.state_dict())
    with torch.inference_mode():
        same(torch.tensor([wanted.tokens]))
    for number, kept in enumerate(wanted.attended):
        place = len(wanted.prompt) + number
        for shares, most in zip(layers, kept, strict=True):
            row = shares[place - 1, :place]
            assert [share for _, share in most] == pytest.approx(row.topk(min(4, place)).values.tolist(), abs=1e-3)
            assert [share for _, share in most] == pytest.approx(
                [float(row[position]) for position, _ in most], abs=1e-3
            )
    assert len(wanted.attended) == 12 and plain.attended == []
