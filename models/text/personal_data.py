"""Personal data that has a form of its own, found and masked: mail, telephone, card, account, address of a machine.

Numbers with a check digit count only where it is right. Names of people have no form: a tagger finds
some. Sources: ISO/IEC 7812-1 (Luhn), ISO 7064 (mod 97-10, of an IBAN).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

FORMS = {
    "mail": r"(?<![\w.+-])[\w.+-]{1,64}@\w[\w-]*(?:\.\w[\w-]*)+",
    "account": r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}\b",
    "card": r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])",
    "social security": r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])",
    "machine": r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)",
    "telephone": r"(?<![\w.+-])(?:\+\d{1,3}(?:[ .-]?\d{1,4}){3,5}|"
    r"(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\)[ .-]?|\d{2,5}[ .-])\d{3,4}[ .-]?\d{3,4})(?![\w-])",
}
FOUND = re.compile("|".join(f"(?P<{name.replace(' ', '_')}>{form})" for name, form in FORMS.items()))
MASK = re.compile(r"\[(" + "|".join(FORMS) + r")\]")


def luhn(digits: str) -> bool:
    """Return whether the check digit of a card's number is right."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(digit - 9 * (digit > 9) for digit in doubled) % 10 == 0


def mod97(account: str) -> bool:
    """Return whether the check digits of an IBAN are right."""
    turned = account[4:] + account[:4]
    return 15 <= len(account) <= 34 and int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _is_machine(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


RIGHT: dict[str, Callable[[str], bool]] = {
    "card": lambda text: luhn(re.sub(r"\D", "", text)),
    "account": lambda text: mod97(text.replace(" ", "")),
    "machine": _is_machine,
}


class Masked(NamedTuple):
    """Personal data in a text that is not masked yet: its kind, where it is, and where its mask will be."""

    kind: str
    start: int
    end: int
    mask: int


def hidden(text: str) -> list[Masked]:
    """Return the personal data in a text, in order."""
    masks: list[Masked] = []
    shift = 0
    for match in FOUND.finditer(text):
        kind = str(match.lastgroup).replace("_", " ")
        if RIGHT.get(kind, bool)(match.group()):
            masks.append(Masked(kind, match.start(), match.end(), match.start() + shift))
            shift += len(kind) + 2 - len(match.group())
    return masks


def masked(text: str) -> str:
    """Return a text whose personal data is `[mail]`, `[telephone]` and so on. What is masked already stays."""
    pieces, read = [], 0
    for mask in hidden(text):
        pieces += [text[read : mask.start], f"[{mask.kind}]"]
        read = mask.end
    return "".join(pieces) + text[read:]


def unmasked(place: int, masks: Sequence[Masked]) -> int:
    """Return the place in the text that is not masked. place: in the masked text, outside of masks."""
    before = [entry for entry in masks if entry.mask < place]
    return place if not before else before[-1].end + place - before[-1].mask - len(before[-1].kind) - 2


def found(text: str) -> list[dict[str, Any]]:
    """Return the kind and the place of each mask in a masked text."""
    return [{"kind": match[1], "start": match.start(), "end": match.end()} for match in MASK.finditer(text)]
