"""The byte pairs of a GGUF file's tokenizer, of the kind "gpt2", whose signs stand for bytes.

Reference: tokenizers.models.BPE with the tokens of SmolLM2, exactly.
"""

from __future__ import annotations

from capstan.errors import CapstanError
from models.tokens.byte_pairs import BytePairs
from models.weights.gguf_weights import TokenizerData

DIGITS = {"default": False, "gpt-2": False, "smollm": True}  # by how a text is cut: whether each digit is a word


def byte_pairs(data: TokenizerData) -> BytePairs:
    """Return the tokenizer of a file. Raises CapstanError for one of another kind."""
    if data.kind != "gpt2" or data.splits not in DIGITS:
        raise CapstanError(f"Its tokenizer is {data.kind!r} with {data.splits!r}. Give a file with byte pairs: 'gpt2'.")
    special = {data.tokens[number]: number for number in data.control}
    numbers = {to_bytes(token): number for number, token in enumerate(data.tokens) if token not in special}
    merges = [(to_bytes(left), to_bytes(right)) for left, right in data.merges]
    return BytePairs(merges, numbers, special, DIGITS[data.splits])


def to_bytes(token: str) -> bytes:
    """Return the bytes that the signs of a token stand for."""
    return bytes(BYTES[sign] for sign in token)


def signs() -> dict[int, str]:
    """Return the sign of each byte: itself where it can be printed, else one after 255, in order.

    Source: `bytes_to_unicode` in the encoder of GPT-2, whose files are read with it since.
    """
    shown = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = (byte for byte in range(256) if byte not in shown)
    return {byte: chr(byte) for byte in shown} | {byte: chr(256 + place) for place, byte in enumerate(hidden)}


BYTES = {sign: byte for byte, sign in signs().items()}
