"""Seeded mutations of good requests: of JSON values, of bytes, and of the files inside texts."""

import base64
import binascii
import json
import math
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from random import Random
from typing import Any

from tests.fuzz.boundaries import DATES, TEXTS, TIMES, VALUES

MOST = 100_000  # items or bytes of what a mutation makes larger
TOKENS = [
    *(
        b"[" * 5000,
        b'{"a":' * 2000,
        b"null",
        b"-",
        b"1e999",
        b"-0",
        b"NaN",
        b"\\ud800",
        b"\\u0000",
        b'"',
        b"\xef\xbb\xbf",
    ),
    *(b"\xff\xfe", b"\xc3\x28", b"\x00", b"\r\n", b",", b"}", b"]", b"9" * 400, b"0" * 400 + b"1", b"1_0", b"\x80"),
]
PNG, CHUNK = b"\x89PNG\r\n\x1a\n", 12  # the bytes of a chunk around its content


class Mutator:
    """Changes what it is given, always in the same way for the same seed. It leaves the original as it is."""

    def __init__(self, seed: str):
        self.seed, self.random = seed, Random(seed)
        self.gentle = False

    def json(self, value: Any) -> Any:
        """Return a JSON value with some changes, mostly one or two. Every other one keeps the types as they are."""
        holder = [deepcopy(value)]
        self.gentle = self.random.random() < 0.5
        for _ in range(self.random.choice((1, 1, 1, 2, 2, 3, 6))):
            self._change(holder)
        return holder[0]

    def body(self, value: Any) -> bytes:
        """Return the JSON of a value with some changes: in what it says, in how it is written, or in both."""
        wild = self.random.random()
        text = json.dumps(self.json(value) if wild < 0.8 else value).encode()
        if wild > 0.9:
            return self._twice(text)
        return self.bytes(text) if wild > 0.7 else text

    def bytes(self, data: bytes) -> bytes:
        """Return bytes with some changes, of one byte or of many."""
        changed = bytearray(data)
        for _ in range(self.random.choice((1, 1, 2, 4, 16))):
            start, stop = sorted(self.random.randint(0, len(changed)) for _ in range(2))
            stop = min(stop, start + self.random.choice((1, 1, 4, 40, len(changed))))
            match self.random.randrange(6):
                case 0 if changed:
                    changed[start % len(changed)] ^= 1 << self.random.randrange(8)
                case 1:
                    changed[start:stop] = b""
                case 2:
                    changed[start:start] = changed[start:stop] * self.random.choice((1, 1, 2, 50))
                case 3:
                    changed[start:start] = self.random.choice(TOKENS)
                case 4:
                    changed[start:stop] = self.random.randbytes(stop - start)
                case _:
                    del changed[start if self.random.random() < 0.2 else stop :]
            del changed[2 * len(data) + MOST :]
        return bytes(changed)

    def headers(self, good: dict[str, str], names: tuple[str, ...]) -> list[tuple[bytes, bytes]]:
        """Return headers with some changes; `names` are those that the server reads."""
        sent = [(name.encode(), value.encode()) for name, value in good.items()]
        for _ in range(self.random.choice((0, 0, 0, 1, 2, 4))):
            name = self.random.choice((*names, "x-unheard-of")).encode()
            old = dict(sent).get(name, self.random.choice((b"1", b"gzip", b"challenger", b"Bearer x", b"a" * 300)))
            value = self.bytes(old)[:1000] if self.random.random() < 0.7 else self.random.choice(TOKENS)[:1000]
            sent.append((name, b" ".join(value.replace(b"\0", b"").split())))  # neither ends the header
        return sent

    def file(self, data: bytes) -> bytes:
        """Return a file with some changes. A PNG may have checksums that fit, so that decoders read on."""
        if not data.startswith(PNG) or self.random.random() < 0.3:
            return self.bytes(data)
        chunks = _chunks(data) or [(b"IHDR", b"")]
        place = self.random.randrange(len(chunks))
        kind, content = chunks[place]
        match self.random.randrange(4):
            case 0 if kind == b"IHDR":
                number = self.random.choice((0, 1, 2**12, 2**16, 2**31 - 1, 2**32 - 1))
                offset = self.random.choice((0, 4))
                chunks[place] = kind, content[:offset] + struct.pack(">I", number) + content[offset + 4 :]
            case 1 if kind == b"IDAT":
                with suppress(zlib.error):  # a file that was changed before
                    chunks[place] = kind, zlib.compress(self.bytes(zlib.decompress(content)))
            case 2:
                chunks[place:place] = [self.random.choice(chunks)] * self.random.choice((1, 2, 30))
            case _:
                chunks[place] = kind, self.bytes(content)
        pieces = (struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
        return PNG + b"".join(pieces)

    def _change(self, holder: Any) -> None:
        """Change one place of a list or object, at some depth."""
        keys = list(range(len(holder))) if isinstance(holder, list) else list(holder)
        key = self.random.choice(keys)
        value = holder[key]
        if isinstance(value, list | dict) and value and self.random.random() < (0.95 if self.gentle else 0.7):
            self._change(value)
        elif self.gentle:
            holder[key] = self._like(value)
        elif len(keys) > 1 and self.random.random() < 0.15:
            holder[key] = holder[self.random.choice(keys)]
        elif isinstance(holder, dict) and self.random.random() < 0.15:
            del holder[key]
            if not holder or self.random.random() < 0.5:
                holder[self.text(key)] = value
        else:
            holder[key] = self._other(value)

    def _other(self, value: Any) -> Any:
        """Return what could stand in the place of a value: one like it, of another type, or deeper."""
        match self.random.randrange(8):
            case 0:
                return deepcopy(self.random.choice(VALUES))
            case 1:
                return self.random.choice(({"a": value}, [value], [value, value], str(value)[:MOST]))
            case 2:
                return _deep(value, self.random.choice((3, 30, 100)))
        return self._like(value)

    def _like(self, value: Any) -> Any:
        """Return another value of the same type."""
        makers: dict[type, Callable[[Any], Any]] = {
            bool: lambda truth: not truth,
            int: self._number,
            float: self._number,
            str: self.text,
            list: self._list,
            dict: self._fields,
        }
        return makers.get(type(value), lambda _: deepcopy(self.random.choice(VALUES)))(value)

    def _number(self, value: float) -> float:
        if self.gentle:
            near = value * self.random.choice((0, 0.5, 0.99, 1.01, 2)) + self.random.choice((-1, 0, 0, 1))
            return type(value)(near)
        power = self.random.choice((1, 8, 16, 31, 53, 62, 63, 64, 80))
        others = (value + 1, -value, value * self.random.uniform(-2, 2), float(value), self.random.uniform(-1, 1))
        others += (self.random.choice((-1, 1)) * 2**power + self.random.choice((-1, 0, 1)), math.ulp(value) + value)
        return self.random.choice(others)

    def text(self, text: str) -> str:
        """Return a text with some changes. What is a file in base64 stays one, mostly."""
        if len(text) > 40 and self.random.random() < 0.9:
            try:
                file = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                pass
            else:
                return base64.b64encode(self.file(file)).decode()
        if self.random.random() < 0.2:
            return self.random.choice([*TEXTS, *TIMES, *DATES])
        return self.bytes(text.encode(errors="surrogatepass")).decode(errors="replace")

    def _list(self, items: list[Any]) -> list[Any]:
        changed = list(items)
        match self.random.randrange(4):
            case 0:
                self.random.shuffle(changed)
            case 1:
                changed = changed[: self.random.randint(0, len(changed))]
            case 2 if len(json.dumps(changed)) < 1000:
                changed *= self.random.choice((2, 50, 1100))
            case _:
                changed.append(deepcopy(self.random.choice(VALUES)))
        return changed

    def _fields(self, fields: dict[str, Any]) -> dict[str, Any]:
        more = {f"{self.random.choice(('x', '', '__class__'))}{n}": n for n in range(self.random.choice((1, 30, 3000)))}
        return fields | more

    def _twice(self, text: bytes) -> bytes:
        """Return JSON in which a field comes twice, or that is written in another encoding or followed by more."""
        decoded = text.decode()
        choices = [
            text.replace(b"{", b'{"a": 1, "a": [],', self.random.choice((1, 2, -1))),
            text[:-1] + b", " + text[1:] if text[:1] == b"{" else text * 2,
            *(decoded.encode(name) for name in ("utf-8-sig", "utf-16", "utf-32-be")),
            text + self.random.choice(TOKENS),
            b" " * 1000 + text + b"\n" * 1000,
        ]
        return self.random.choice(choices)


def value_of(schema: dict[str, Any], random: Random) -> Any:
    """Return a value that a simple JSON schema allows."""
    if "enum" in schema:
        return random.choice(schema["enum"])
    match schema.get("type"):
        case "boolean":
            return random.random() < 0.5
        case "integer" | "number" as kind:
            number = random.uniform(schema.get("minimum", 0), schema.get("maximum", 1))
            return number if kind == "number" else round(number)
        case "array":
            return [value_of(schema["items"], random) for _ in range(schema.get("minItems", 1))]
        case "object":
            return {name: value_of(schema["properties"][name], random) for name in schema.get("required", ())}
    return "a"


def _deep(value: Any, levels: int) -> Any:
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """Return the kind and the content of each chunk."""
    chunks: list[tuple[bytes, bytes]] = []
    start = len(PNG)
    while start < len(png):
        size = int.from_bytes(png[start : start + 4], "big")
        chunks.append((png[start + 4 : start + 8], png[start + 8 : start + 8 + size]))
        start += CHUNK + size
    return chunks
