"""Conversations as the tokens that the assistant continues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.tokens.byte_pairs import BytePairs
from models.tuning.answers import Example
from models.weights import smollm2

BEGIN = "<|im_start|>"


def without_control_tokens(text: str) -> bool:
    """Return whether a text names no control token of the chat template."""
    return BEGIN not in text and smollm2.END not in text


@dataclass(frozen=True)
class Template:
    """The chat template of SmolLM2. What a person writes is plain text, also where it names a control token."""

    tokens: BytePairs

    @property
    def end(self) -> int:
        """Return the token that ends an answer."""
        return self.tokens.special[smollm2.END]

    def encode(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Return a conversation, and the beginning of its answer. A message has a `role` and its `content`."""
        if not messages or messages[0]["role"] != "system":
            messages = [{"role": "system", "content": smollm2.SYSTEM}, *messages]
        numbers = []
        for message in messages:
            numbers += [*self._begin(message["role"]), *self.tokens.encode(message["content"]), self.end]
            numbers += self.tokens.encode("\n")
        return numbers + self._begin("assistant")

    def asked(self, prompt: str) -> list[int]:
        """Return the conversation in which a person says one thing."""
        return self.encode([{"role": "user", "content": prompt}])

    def example(self, prompt: str, answer: str, whole: bool = True) -> Example:
        """Return a prompt with its answer, to learn from. whole: whether the answer ends there."""
        asked, end = self.asked(prompt), [self.end] if whole else []
        return Example((*asked, *self.tokens.encode(answer), *end), len(asked))

    def _begin(self, role: str) -> list[int]:
        return [self.tokens.special[BEGIN], *self.tokens.encode(f"{role}\n")]
