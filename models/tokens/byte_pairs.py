"""Byte-level byte pair encoding: a text becomes numbers, and these become the same bytes again, whatever they are.

Sources: Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units" (2016); for bytes Radford et
al., "Language Models are Unsupervised Multitask Learners" (2019), section 2.2.

Reference: tokenizers.models.BPE with the same merges, exactly; the first merges of Sennrich et al.'s figure 1.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import regex

Pair = tuple[bytes, bytes]
# GPT-2's: contractions, words with the blank before them, numbers, other signs, blanks. No token crosses a border.
WORDS = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


class BytePairs:
    """Tokens of bytes, and the merges that make them, in their order.

    special: tokens that no text makes, such as the end of a document, by number. digits: whether each digit is a word.
    """

    def __init__(
        self, merges: Sequence[Pair], numbers: Mapping[bytes, int], special: Mapping[str, int], digits: bool = False
    ):
        self.merges, self.numbers, self.special = merges, dict(numbers), dict(special)
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.plain = {number: token for token, number in numbers.items()}
        self.bytes = self.plain | {number: name.encode() for name, number in special.items()}
        self.words = regex.compile(WORDS.replace(r" ?\p{N}+", r"\p{N}") if digits else WORDS)
        longest = sorted(special, key=len, reverse=True)
        self.parts = regex.compile("|".join(map(regex.escape, longest))) if special else None
        self._of_word = lru_cache(2**16)(self._merged)

    def encode(self, text: str, special: bool = False) -> list[int]:
        """Return the numbers of a text. special: whether the names of special tokens in it become these tokens."""
        numbers, start = [], 0
        for found in self.parts.finditer(text) if special and self.parts else ():
            numbers += [*self._plain(text[start : found.start()]), self.special[found.group()]]
            start = found.end()
        return numbers + self._plain(text[start:])

    def decode(self, numbers: Iterable[int]) -> bytes:
        """Return the bytes of numbers."""
        return b"".join(self.bytes[number] for number in numbers)

    def _plain(self, text: str) -> list[int]:
        return [number for word in self.words.findall(text) for number in self._of_word(word.encode())]

    def _merged(self, word: bytes) -> list[int]:
        """Return the numbers of a word: the earliest merge first, as long as there is one."""
        tokens = [bytes([byte]) for byte in word]
        while len(tokens) > 1:
            pairs = list(itertools.pairwise(tokens))
            best = min(pairs, key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if best not in self.ranks:
                break
            tokens = merged(tokens, best)
        # The vocabulary of a file may lack bytes, such as control characters. They are left out.
        return [self.numbers[token] for token in tokens if token in self.numbers]


def merged(tokens: Sequence[bytes], pair: Pair) -> list[bytes]:
    """Return tokens with each occurrence of a pair as one, from the left."""
    joined: list[bytes] = []
    for token in tokens:
        if joined and (joined[-1], token) == pair:
            joined[-1] += token
        else:
            joined.append(token)
    return joined


def train(texts: Iterable[str], size: int, special: Sequence[str] = (), digits: bool = False) -> BytePairs:
    """Return the tokens of some texts: 256 bytes, then the most frequent pair, again and again, then special tokens.

    size: how many tokens there are in the end, fewer where no pair is left. Of pairs as frequent as each other, the one
    whose bytes come first is taken.
    """
    splitter = BytePairs([], {}, {}, digits).words
    counts = Counter(word.encode() for text in texts for word in splitter.findall(text))
    words = [[bytes([byte]) for byte in word] for word in counts]
    often = list(counts.values())
    frequency: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[int]] = defaultdict(set)
    for place, (word, count) in enumerate(zip(words, often, strict=True)):
        for pair in itertools.pairwise(word):
            frequency[pair] += count
            places[pair].add(place)
    queue = [(-count, pair) for pair, count in frequency.items()]
    heapq.heapify(queue)
    merges: list[Pair] = []
    while queue and 256 + len(merges) + len(special) < size:
        count, pair = heapq.heappop(queue)
        if -count != frequency[pair]:  # it has changed since
            continue
        merges.append(pair)
        changed: set[Pair] = set()
        for place in sorted(places.pop(pair)):
            before = words[place]
            words[place] = after = merged(before, pair)
            for tokens, sign in ((before, -1), (after, 1)):
                for each in itertools.pairwise(tokens):
                    frequency[each] += sign * often[place]
                    places[each].add(place)
                    changed.add(each)
        del frequency[pair]
        for each in changed - {pair}:
            if frequency[each] > 0:
                heapq.heappush(queue, (-frequency[each], each))
    tokens = [*(bytes([byte]) for byte in range(256)), *(left + right for left, right in merges)]
    numbers = {token: number for number, token in enumerate(tokens)}
    return BytePairs(merges, numbers, {name: len(numbers) + place for place, name in enumerate(special)}, digits)
