"""Texts that a language model elsewhere continues, many at a time, each read by a thread."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import closing
from queue import Empty, Queue
from threading import Thread
from typing import Any

from capstan.contract.model import Columns
from capstan.services import language_model

Row = Mapping[str, Any]
Event = tuple[Hashable, Mapping[str, Any] | Exception | None]
SEEDS = 2**31  # that are drawn: every such model takes them
PAUSE = 0.05  # seconds that a step waits for an event
ENDS = {"length": "length", "tool_calls": "tool_calls"}  # other reasons are "stop"


class Text:
    """A text that is being read."""

    def __init__(self, row: Row):
        self.row, self.whole, self.ended = row, "", False


class RemoteEngine:
    """Has texts continued elsewhere: see `capstan.contract.model.Engine`.

    body_of: returns the request that a row is. of_whole: what else is answered of a whole text and its row, and in
    place of it. A row has a `seed`.
    """

    def __init__(self, body_of: Callable[[Row], dict[str, Any]], of_whole: Callable[[str, Row], dict[str, Any]]):
        self.body_of, self.of_whole = body_of, of_whole
        self.texts: set[Text] = set()
        self.events: Queue[tuple[Text, Mapping[str, Any] | Exception | None]] = Queue()

    def admit(self, columns: Columns) -> Hashable:
        """Begin the text of one row."""
        row = {name: values[0] for name, values in columns.items()}
        text = Text(row | {"seed": secrets.randbelow(SEEDS) if row["seed"] is None else int(row["seed"])})
        Thread(target=self._read, args=(text, self.body_of(text.row)), daemon=True).start()
        self.texts.add(text)
        return text

    def step(self) -> list[Event]:
        """Return what came since the last step."""
        events: list[Event] = []
        try:
            events.append(self.events.get(timeout=PAUSE))
            while True:
                events.append(self.events.get_nowait())
        except Empty:
            pass
        events = [(text, part) for text, part in events if text in self.texts]  # others were cancelled meanwhile
        self.texts -= {text for text, part in events if part is None or isinstance(part, Exception)}
        return events

    def cancel(self, handle: Hashable) -> None:
        """End a text that nobody reads any more."""
        for text in [text for text in self.texts if text is handle]:
            text.ended = True
            self.texts.remove(text)

    def _read(self, text: Text, body: dict[str, Any]) -> None:
        try:
            with closing(language_model.chunks(body)) as chunks:
                for part in self._parts(text, chunks):
                    if text.ended:
                        return
                    self.events.put((text, part))
            self.events.put((text, None))
        except Exception as error:  # of this text alone
            self.events.put((text, error))

    def _parts(self, text: Text, chunks: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the parts of the prediction that chunks of an answer are."""
        reason, usage, calls = "stop", {"completion_tokens": 0, "prompt_tokens": 0}, dict[int, dict[str, str]]()
        for chunk in chunks:
            usage = chunk.get("usage") or usage
            for choice in chunk.get("choices", ())[:1]:
                reason = ENDS.get(choice.get("finish_reason") or "", reason)
                delta = choice.get("delta") or {}
                for call in delta.get("tool_calls") or ():
                    known = calls.setdefault(call.get("index", 0), {"name": "", "arguments": ""})
                    for name in known:
                        known[name] += call["function"].get(name) or ""
                told = ((choice.get("logprobs") or {}).get("content")) or []
                if content := delta.get("content") or "":
                    text.whole += content
                    yield {"text": content, **({"logprobs": [_made(token) for token in told]} if told else {})}
        last = {"text": "", "finish_reason": reason, "seed": text.row["seed"]}
        last |= {"tokens": usage["completion_tokens"], "prompt_tokens": usage["prompt_tokens"]}
        called = {"tool_calls": [*calls.values()], "finish_reason": "tool_calls"} if calls else {}
        yield last | self.of_whole(text.whole, text.row) | called


def _made(token: Mapping[str, Any]) -> dict[str, Any]:
    """Return a token as ours are, with its bytes."""
    own = {"token": token["token"], "logprob": min(0.0, token["logprob"])}
    own["bytes"] = token.get("bytes") or list(token["token"].encode())
    return own | (
        {"top_logprobs": [_made(other) for other in token["top_logprobs"]]} if "top_logprobs" in token else {}
    )
