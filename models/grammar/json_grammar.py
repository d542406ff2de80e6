"""Grammars of bytes without recursion: literals, sets of bytes, sequences, choices and bounded repetitions of these.

What a text can go on with is kept as stacks of what is still to come, so a repetition is a counter and no copies.
Each part makes at least one text, so that whatever was begun can be ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

MOST = 500  # ways to go on that are kept; those past it are left out, which allows fewer texts and no wrong one


@dataclass(eq=False)
class Literal:
    """These bytes, at least one. `shortest`, here and below, are the bytes of the shortest text."""

    content: bytes
    shortest: int = field(init=False)

    def __post_init__(self) -> None:
        self.shortest = len(self.content)


@dataclass(eq=False)
class OneOf:
    """One byte of a set; bit n of `mask` is for byte n."""

    mask: int
    shortest: ClassVar[int] = 1


@dataclass(eq=False)
class Sequence:
    """These parts, one after the other."""

    parts: tuple[Node, ...]
    shortest: int = field(init=False)

    def __post_init__(self) -> None:
        self.shortest = sum(part.shortest for part in self.parts)


@dataclass(eq=False)
class Choice:
    """One of these."""

    options: tuple[Node, ...]
    shortest: int = field(init=False)

    def __post_init__(self) -> None:
        self.shortest = min(option.shortest for option in self.options)


@dataclass(eq=False)
class Repeat:
    """A part, `least` to `most` times. It makes no empty text."""

    part: Node
    least: int
    most: int
    shortest: int = field(init=False)

    def __post_init__(self) -> None:
        self.shortest = self.least * self.part.shortest


Node = Literal | OneOf | Sequence | Choice | Repeat
# What comes next, how much of it is there, and what follows; None is the end.
Stack = tuple[Node, int, "Stack"] | None


def one_of(*ranges: int | tuple[int, int]) -> OneOf:
    """Return a set of bytes: single ones, and ranges with both ends."""
    pairs = [(item, item) if isinstance(item, int) else item for item in ranges]
    return OneOf(sum(1 << byte for first, last in pairs for byte in range(first, last + 1)))


def choice(options: Iterable[Node]) -> Node:
    """Return a choice, or the only option."""
    kept = tuple(options)
    return kept[0] if len(kept) == 1 else Choice(kept)


def words(contents: Iterable[bytes]) -> Node:
    """Return the choice between literals, none empty, as a tree: it has as many ways to go on as there are bytes."""
    return _tree(sorted(set(contents)), 0)


def _tree(sorted_words: list[bytes], start: int) -> Node:
    first, last = sorted_words[0], sorted_words[-1]
    if len(sorted_words) == 1:
        return Literal(first[start:]) if first[start:] else Sequence(())
    end = start
    while end < min(len(first), len(last)) and first[end] == last[end]:
        end += 1
    groups: dict[bytes, list[bytes]] = {}
    for word in sorted_words:
        groups.setdefault(word[end : end + 1], []).append(word)
    options = choice(_tree(group, end) for group in groups.values())
    return Sequence((Literal(first[start:end]), options)) if end > start else options


def ways(stacks: Iterable[Stack]) -> dict[Stack, None]:
    """Return the stacks in which a byte comes next, and None where the text may end."""
    left, seen, found = list(stacks)[::-1], set[Stack](), dict[Stack, None]()
    while left and len(found) < MOST:
        stack = left.pop()
        if stack in seen:
            continue
        seen.add(stack)
        if stack is None or isinstance(stack[0], Literal | OneOf):
            found[stack] = None
        else:
            left += reversed([*_inside(*stack)])
    return found


def _inside(node: Node, place: int, rest: Stack) -> Iterator[Stack]:
    match node:
        case Sequence(parts):
            after = (node, place + 1, rest) if place + 1 < len(parts) else rest
            yield (parts[place], 0, after) if parts else rest
        case Choice(options):
            yield from ((option, 0, rest) for option in options)
        case Repeat(part, least, most):
            if place < most:
                yield part, 0, (node, place + 1, rest)
            if place >= least:
                yield rest


def next_bytes(stacks: Iterable[Stack]) -> int:
    """Return the set of bytes that may come next, as a mask."""
    mask = 0
    for stack in stacks:
        if stack:
            node, place, _ = stack
            assert isinstance(node, OneOf | Literal)  # no other node stays on top of a stack
            mask |= node.mask if isinstance(node, OneOf) else 1 << node.content[place]
    return mask


def left(stack: Stack) -> int:
    """Return the bytes of the shortest text that ends what is still to come."""
    count = 0
    while stack:
        node, place, stack = stack
        match node:
            case Literal(content):
                count += len(content) - place
            case Sequence(parts):
                count += sum(part.shortest for part in parts[place:])
            case Repeat(part, least, _):
                count += max(least - place, 0) * part.shortest
            case _:
                count += node.shortest
    return count


def after(stacks: Iterable[Stack], byte: int) -> dict[Stack, None]:
    """Return the ways to go on after a byte; none where it may not come."""
    return ways(way for stack in stacks if stack for way in _read(*stack, byte))


def _read(node: Node, place: int, rest: Stack, byte: int) -> Iterator[Stack]:
    if isinstance(node, OneOf):
        if node.mask >> byte & 1:
            yield rest
    elif isinstance(node, Literal) and node.content[place] == byte:
        yield (node, place + 1, rest) if place + 1 < len(node.content) else rest
