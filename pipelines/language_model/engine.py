"""The streams of the endpoint: requests become tokens, and tokens become text."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Sequence
from typing import Any

from capstan.contract.model import Columns
from capstan.errors import InvalidRow
from models.grammar.json_guide import Guide
from models.grammar.json_schema import grammar
from models.transformer.pieces import Pieces
from models.transformer.sampling import Sampling
from models.transformer.streams import Stream, Streams
from pipelines.language_model.schema import SEEDS


class TextEngine:
    """Continues many texts together: see `capstan.contract.model.Engine`. A token is a byte.

    voices: those of the adapters, from number 1.
    """

    def __init__(self, streams: Streams, voices: Sequence[str] = ()):
        self.streams, self.voices = streams, {name: number for number, name in enumerate(("", *voices))}
        self.texts: dict[Stream, Pieces] = {}
        self.shown: dict[Stream, int] = {}  # of those that answer log probabilities: for how many bytes they have

    def admit(self, columns: Columns) -> Stream:
        """Begin the text of one row."""
        row = {name: values[0] for name, values in columns.items()}
        how = Sampling(
            float(row["temperature"]), int(row["top_k"]), float(row["top_p"]), float(row["min_p"]),
            float(row["presence_penalty"]), float(row["frequency_penalty"]),
        )  # fmt: skip
        most, shown = int(row["max_tokens"]), int(row["top_logprobs"])
        guide = Guide(grammar(row["json_schema"]), most) if row["json_schema"] else None
        seed = secrets.randbelow(SEEDS) if row["seed"] is None else int(row["seed"])
        if (adapter := self.voices.get(row["voice"])) is None:
            offered = ", ".join(name for name in self.voices if name) or "none"
            raise InvalidRow(f"This version has no such voice. It has: {offered}.", 0, "voice")
        shown, watched = (shown, int(row["attention"])) if row["logprobs"] else (0, 0)
        stream = Stream([*row["prompt"].encode()], most, how, seed, guide, adapter, shown, watched)
        if self.streams.needed(stream) > self.streams.pages.count:
            raise InvalidRow("Prompt and max_tokens together are too long.", 0, "max_tokens")
        self.streams.add(stream)
        self.texts[stream] = Pieces(row["stop"])
        if row["logprobs"]:
            self.shown[stream] = 0
        return stream

    def step(self) -> list[tuple[Stream, dict[str, Any] | None]]:
        """Return the new text of each stream, and None after the last of one."""
        events: list[tuple[Stream, dict[str, Any] | None]] = []
        for stream in self.streams.step():
            pieces, text, ended = self.texts[stream], "", False
            for token in stream.made[pieces.taken :]:
                full = pieces.taken + 1 == stream.most
                complete = isinstance(stream.allowed, Guide) and stream.allowed.ended(stream.made)
                text += pieces.add(bytes([token]), last=full or complete)
                if ended := full or complete or pieces.stopped:
                    break
            part = {"text": text, **self._logprobs(stream)} if text or ended else {}
            if ended:
                reason = "stop" if complete or pieces.stopped else "length"
                counts = {"tokens": pieces.taken, "prompt_tokens": len(stream.prompt), "seed": stream.seed}
                events += [(stream, part | {"finish_reason": reason, **counts}), (stream, None)]
                self.cancel(stream)
            elif text:
                events.append((stream, part))
        return events

    def _logprobs(self, stream: Stream) -> dict[str, Any]:
        """Return the log probabilities of the bytes since the last part, where they are wanted."""
        if stream not in self.shown:
            return {}
        first, last = self.shown[stream], self.texts[stream].taken
        self.shown[stream] = last
        return {"logprobs": [_made(stream, number) for number in range(first, last)]}

    def numbers(self) -> dict[str, float]:
        """Return the streams that run and wait, and how the pages are used: held by streams, or kept for later ones."""
        pages = self.streams.pages
        counts = {"running": len(self.streams.running), "waiting": len(self.streams.waiting)}
        return {**counts, "pages": pages.count, "pages held": pages.count - pages.available, "pages kept": pages.kept}

    def cancel(self, stream: Hashable) -> None:
        """End a text. Its pages are free at once."""
        assert isinstance(stream, Stream)  # the handle that `admit` returned
        self.streams.end(stream)
        del self.texts[stream]
        self.shown.pop(stream, None)


def _made(stream: Stream, number: int) -> dict[str, Any]:
    """Return what is known of a byte that was made."""
    byte = likely(stream.made[number], stream.logprobs[number])
    byte["top_logprobs"] = [likely(*pair) for pair in stream.likeliest[number]] if stream.alternatives else []
    place = len(stream.prompt) + number
    layers = stream.attended[number] if stream.watched else []
    byte["attention"] = [[{"back": place - seen, "share": share} for seen, share in layer] for layer in layers]
    return byte


def likely(byte: int, logprob: float) -> dict[str, Any]:
    """Return a byte and its log probability, as OpenAI's API has them."""
    return {"token": bytes([byte]).decode(errors="backslashreplace"), "bytes": [byte], "logprob": logprob}
