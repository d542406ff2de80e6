"""Requests become streams of tokens, and tokens become text: many at a time, each until it ends or is full."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from capstan.contract.model import Columns
from capstan.errors import InvalidRow
from models.transformer.pieces import Pieces
from models.transformer.streams import Stream, Streams

Row = Mapping[str, Any]
Event = tuple[Stream, dict[str, Any] | None]


@dataclass
class Text:
    """What was shown of a stream. taken: its tokens. counted: those of them with log probabilities, None for none."""

    row: Row
    pieces: Pieces
    whole: str = ""
    taken: int = 0
    counted: int | None = None


class TextEngine:
    """Continues many texts together: see `capstan.contract.model.Engine`.

    stream_of: returns the stream that a row asks for. bytes_of: those of a token. ends: tokens that end a text, and are
    not shown. of_whole: what else is answered of a whole text and its row, and in place of it. held: whether a row's
    text is shown at its end alone. A row has the fields `stop` and `logprobs`.
    """

    def __init__(
        self, streams: Streams, stream_of: Callable[[Row], Stream], bytes_of: Callable[[int], bytes],
        ends: Collection[int] = (), of_whole: Callable[[str, Row], dict[str, Any]] = lambda text, row: {},
        held: Callable[[Row], bool] = lambda row: False,
    ):  # fmt: skip
        self.streams, self.stream_of, self.bytes_of, self.ends = streams, stream_of, bytes_of, ends
        self.of_whole, self.held = of_whole, held
        self.texts: dict[Stream, Text] = {}

    def admit(self, columns: Columns) -> Stream:
        """Begin the text of one row."""
        row = {name: values[0] for name, values in columns.items()}
        stream = self.stream_of(row)
        if self.streams.needed(stream) > self.streams.pages.count:
            raise InvalidRow("Prompt and max_tokens together are too long.", 0, "max_tokens")
        self.streams.add(stream)
        self.texts[stream] = Text(row, Pieces(row["stop"]), counted=0 if row["logprobs"] else None)
        return stream

    def step(self) -> list[Event]:
        """Return the new text of each stream, and None after the last of one."""
        events: list[Event] = []
        for stream in self.streams.step():
            known, text, reason = self.texts[stream], "", ""
            for token in stream.made[known.taken :]:
                known.taken += 1
                complete = token in self.ends or bool(stream.allowed and stream.allowed.ended(stream.made))
                content = b"" if token in self.ends else self.bytes_of(token)
                text += known.pieces.add(content, last=complete or known.taken == stream.most)
                if complete or known.pieces.stopped:
                    reason = "stop"
                elif known.taken == stream.most:
                    reason = "length"
                if reason:
                    break
            known.whole += text
            if reason:
                text = known.whole if self.held(known.row) else text
                part = {"text": text, **self._logprobs(stream), "finish_reason": reason, "tokens": known.taken}
                part |= {"prompt_tokens": len(stream.prompt), "seed": stream.seed}
                events += [(stream, part | self.of_whole(known.whole, known.row)), (stream, None)]
                self.cancel(stream)
            elif text and not self.held(known.row):
                events.append((stream, {"text": text, **self._logprobs(stream)}))
        return events

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

    def _logprobs(self, stream: Stream) -> dict[str, Any]:
        """Return the log probabilities of the tokens since the last part, where they are wanted."""
        known = self.texts[stream]
        if known.counted is None:
            return {}
        first, known.counted = known.counted, known.taken
        shown = [number for number in range(first, known.taken) if stream.made[number] not in self.ends]
        return {"logprobs": [self._made(stream, number) for number in shown]}

    def _made(self, stream: Stream, number: int) -> dict[str, Any]:
        """Return what is known of a token that was made."""
        token = self._likely(stream.made[number], stream.logprobs[number])
        token["top_logprobs"] = [self._likely(*pair) for pair in stream.likeliest[number]] if stream.likeliest else []
        place = len(stream.prompt) + number
        layers = stream.attended[number] if stream.watched else []
        token["attention"] = [[{"back": place - seen, "share": share} for seen, share in layer] for layer in layers]
        return token

    def _likely(self, token: int, logprob: float) -> dict[str, Any]:
        """Return a token and its log probability, as OpenAI's API has them."""
        content = self.bytes_of(token)
        return {"token": content.decode(errors="backslashreplace"), "bytes": [*content], "logprob": logprob}
