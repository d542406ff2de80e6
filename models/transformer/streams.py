"""Many streams of a decoder at once: each step makes a token for every one of them, and streams join and leave between.

A long prompt is read in chunks, one per step, so that it does not hold up the others. Short prompts of one length are
read together, as many as a chunk holds. With a draft, a step makes more than one token of a stream: see
`models.transformer.speculative`.
Sources: Yu et al., "Orca" (2022), for batches that change between tokens; Agrawal et al., "Sarathi" (2023), for chunks.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import torch

from models.transformer.adapters import Chosen
from models.transformer.decoder import Shape
from models.transformer.grams import NONE, Grams
from models.transformer.paged_cache import PagedCache
from models.transformer.pages import Pages
from models.transformer.sampling import Sampling, draw, shares
from models.transformer.speculative import Draft, accepted

CHUNK = 64  # tokens of prompts that are read in one step
AHEAD = 4  # tokens that a draft has in one step
Attended = list[tuple[int, float]]  # places and what is taken of each, the mean of all heads, the most first


class Allowed(Protocol):
    """A rule for which token may come next."""

    def __call__(self, made: list[int], logits: torch.Tensor, /) -> torch.Tensor:
        """Return which may, after what was made so far, shape (vocabulary,). logits: of each."""

    def ended(self, made: list[int], /) -> bool:
        """Return whether what was made is complete."""


@dataclass(eq=False)
class Stream:
    """A prompt and what follows it. Its owner reads `made`, and ends it by `Streams.end`."""

    prompt: list[int]
    most: int
    how: Sampling = field(default_factory=Sampling)
    seed: int = 0
    allowed: Allowed | None = None
    adapter: int = 0  # of the decoder's adapters; 0 is none
    alternatives: int = 0  # how many of the likeliest tokens are kept, for each that is made
    watched: int = 0  # how many of the tokens that each layer attends to most are kept, for each that is made
    made: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)  # of each token made, before temperature and filters
    likeliest: list[list[tuple[int, float]]] = field(default_factory=list)  # tokens and their log probabilities
    attended: list[list[Attended]] = field(default_factory=list)  # for each token made, by layer
    pages: list[int] = field(default_factory=list)
    read: int = 0  # tokens whose keys and values are in the pages

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    @property
    def tokens(self) -> list[int]:
        return self.prompt + self.made

    @property
    def plain(self) -> bool:
        """Return whether a draft may be asked: what may come next depends on no rule.

        What is kept of a token, and how many may come, do not count: a seed makes the same text with and without.
        """
        return not (self.allowed or self.how.presence or self.how.frequency)

    def keep(self, tokens: list[int], logprobs: torch.Tensor, attended: list[torch.Tensor]) -> None:
        """Add tokens that were made. logprobs: (tokens, vocabulary). attended: (tokens, places), for each layer."""
        for place, token in enumerate(tokens):
            if self.watched:
                before = len(self.tokens)
                self.attended.append([_most(layer[place, :before], self.watched) for layer in attended])
            self.made.append(token)
            self.logprobs.append(float(logprobs[place, token]))
            if self.alternatives:
                self.likeliest.append(_most(logprobs[place], self.alternatives))


class Network(Protocol):
    """A decoder, or what computes the same in another way."""

    @property
    def shape(self) -> Shape: ...
    @property
    def grams(self) -> Grams | None: ...
    @property
    def head(self) -> Callable[[torch.Tensor], torch.Tensor]: ...
    @property
    def states(self) -> Callable[..., torch.Tensor]: ...


class Streams:
    """The streams that one decoder makes together.

    draft: a small model that is asked first, `ahead` tokens at a time; streams with penalties or rules do without.
    chosen: what chooses the adapter of each row, where the decoder has adapters: see `models.transformer.adapters`.
    """

    def __init__(
        self, decoder: Network, pages: int, size: int = 16, chunk: int = CHUNK,
        draft: Draft | None = None, ahead: int = AHEAD, chosen: Chosen | None = None,
    ):  # fmt: skip
        self.decoder, self.chunk, self.draft, self.ahead, self.chosen = decoder, chunk, draft, ahead, chosen
        self.pages = Pages(decoder.shape, pages, size)
        self.waiting: deque[Stream] = deque()
        self.running: list[Stream] = []

    def needed(self, stream: Stream) -> int:
        """Return the pages that hold a whole stream, and what a draft writes past its end.

        Without a draft the last token's keys and values are never read.
        """
        more = self.ahead if self.draft and stream.plain else 0
        return -(-(len(stream.prompt) + stream.most - 1 + more) // self.pages.size)

    def add(self, stream: Stream) -> None:
        """Let a stream begin as soon as there are pages for all of it, in turn."""
        if stream.adapter and not self.chosen:
            raise ValueError("The decoder has no adapters. Give what chooses them, or 0.")
        self.waiting.append(stream)

    def end(self, stream: Stream) -> None:
        """End a stream, wherever it is. Its pages are free at once."""
        if stream in self.waiting:
            self.waiting.remove(stream)
        elif stream in self.running:
            self.running.remove(stream)
            self.pages.release(stream.pages)
            stream.pages = []

    @torch.inference_mode()
    def step(self) -> list[Stream]:
        """Read a chunk of prompts that are not read yet, and make a token or more for each of the other streams.

        Return the streams that have more tokens.
        """
        self._begin()
        left = {stream: min(self.chunk, len(stream.tokens) - stream.read) for stream in self.running}
        size = next((count for count in left.values() if count > 1), self.chunk)  # of the first prompt
        reading = [stream for stream, count in left.items() if count == size > 1][: self.chunk // size]
        ready = [stream for stream, count in left.items() if count == 1]
        drafted = [stream for stream in ready if self.draft and stream.plain]
        others = [stream for stream in ready if stream not in drafted]
        grown = self._step_ahead(drafted, self.draft) if self.draft and drafted else []
        for group, count in ((reading, size), (others, 1)):
            if group:
                new = [stream.tokens[stream.read : stream.read + count] for stream in group]
                states, attended = self._states(group, new)
                self._keep(group, [count] * len(group))
                done = [row for row, stream in enumerate(group) if stream.read == len(stream.tokens)]
                last = [layer[done, -1:] for layer in attended]
                if done:
                    grown += self._draw([group[row] for row in done], self.decoder.head(states[done, -1]), last)
        return grown

    def _step_ahead(self, group: list[Stream], draft: Draft) -> list[Stream]:
        """Let the draft make some tokens of each stream, and the decoder accept or correct them in one step."""
        hows, texts, asked = [stream.how for stream in group], [stream.tokens for stream in group], []
        for _ in range(self.ahead):
            asked.append(shares(draft(texts), hows))
            drawn = draw(asked[-1], [stream.random.random() for stream in group]).tolist()
            texts = [[*text, token] for text, token in zip(texts, drawn, strict=True)]
        states, attended = self._states(group, [text[stream.read :] for text, stream in zip(texts, group, strict=True)])
        logits = self.decoder.head(states)
        target = torch.stack([shares(logits[:, place], hows) for place in range(self.ahead + 1)], dim=1)
        logprobs = logits.log_softmax(dim=-1)
        for row, (stream, text, wanted) in enumerate(zip(group, texts, torch.stack(asked, dim=1), strict=True)):
            taken = accepted(target[row], wanted, text[-self.ahead :], stream.random.random)
            room = stream.most - len(stream.made)
            stream.keep(taken[:room], logprobs[row], [layer[row] for layer in attended])
        self._keep(group, [len(stream.tokens) - 1 - stream.read for stream in group])
        return group

    def _begin(self) -> None:
        while self.waiting and self._fits(self.waiting[0]):
            self.running.append(self.waiting.popleft())

    def _fits(self, stream: Stream) -> bool:
        shared = self.pages.share(stream.prompt, stream.adapter)
        missing = self.needed(stream) - len(shared)
        if missing > self.pages.available:
            self.pages.release(shared)
            return False
        stream.pages = shared + self.pages.take(missing)
        stream.read = len(shared) * self.pages.size
        return True

    def _states(self, group: list[Stream], tokens: list[list[int]]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Compute the next tokens of each stream, as many of each.

        Return what the head reads, shape (n, tokens, width), and `PagedCache.attended` where a stream is watched.
        """
        places = torch.tensor([[stream.read] for stream in group]) + torch.arange(len(tokens[0]))
        if self.chosen:
            self.chosen.choose([stream.adapter for stream in group])
        watched = len(tokens[0]) if any(stream.watched for stream in group) else 0
        cache = PagedCache(self.pages, [stream.pages for stream in group], places, watched)
        return self.decoder.states(torch.tensor(tokens), places, cache, self._before(group)), cache.attended

    def _keep(self, group: list[Stream], counts: list[int]) -> None:
        """Keep so many more tokens of each stream: their keys and values are in its pages."""
        for stream, count in zip(group, counts, strict=True):
            full, stream.read = stream.read // self.pages.size, stream.read + count
            self.pages.name(stream.pages, stream.tokens[: stream.read], full, stream.adapter)

    def _before(self, group: list[Stream]) -> torch.Tensor | None:
        """Return the tokens right before the next ones of each stream, where the decoder looks n-grams up."""
        if not self.decoder.grams:
            return None
        count = self.decoder.grams.before
        return torch.tensor([[*[NONE] * count, *stream.tokens[: stream.read]][-count:] for stream in group])

    def _draw(self, group: list[Stream], logits: torch.Tensor, attended: list[torch.Tensor]) -> list[Stream]:
        """Add the next token to each stream. logits: (n, vocabulary). attended: (n, 1, places), for each layer."""
        before = torch.log_softmax(logits, dim=-1)
        for row, stream in enumerate(group):
            if stream.allowed:
                logits[row].masked_fill_(~stream.allowed(stream.made, logits[row]), -torch.inf)
        counts = None
        if any(stream.how.presence or stream.how.frequency for stream in group):
            lists = (torch.tensor(stream.made, dtype=torch.long) for stream in group)
            counts = torch.stack([torch.bincount(tokens, minlength=logits.shape[-1]) for tokens in lists])
        hows = [stream.how for stream in group]
        if counts is None and not any(how.temperature for how in hows):
            drawn = logits.argmax(dim=-1)  # as `draw` has it, without the shares of a whole vocabulary
        else:
            drawn = draw(shares(logits, hows, counts), [stream.random.random() for stream in group])
        for number, (stream, token) in enumerate(zip(group, drawn.tolist(), strict=True)):
            stream.keep([token], before[number : number + 1], [layer[number] for layer in attended])
        return group


def _most(values: torch.Tensor, count: int) -> list[tuple[int, float]]:
    """Return the places of the largest of some values, and these, the largest first. values: (n,)."""
    best = values.topk(min(count, len(values)))
    return [*zip(best.indices.tolist(), best.values.tolist(), strict=True)]
