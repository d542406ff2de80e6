"""JSON schemas as grammars of bytes: every text of the grammar is JSON that satisfies the schema.

The grammar makes some of the values that a schema allows, not all: objects have the declared properties in their order,
strings, numbers and arrays are bounded, and where anything is allowed, values have no parts. Supported is what
`KEYWORDS` lists. Source: JSON Schema 2020-12, https://json-schema.org/draft/2020-12.

Reference: jsonschema.validate, which accepts each text that is drawn from a grammar.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from models.grammar import json_values
from models.grammar.json_grammar import Literal, Node, Repeat, Sequence, choice, words

LONGEST_TEXT = 10_000  # characters of a schema
DEEPEST = 16  # values inside of each other
MOST_NESTED = 64  # schemas inside of each other, or referring to each other
MOST_ITEMS = 16  # of an array whose schema states no maxItems
MOST = 1_000  # characters of a string, items of an array
ANNOTATIONS = {
    "$schema",
    "$comment",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
}
OF_TYPE = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"minLength", "maxLength"},
    "number": set[str](),
    "integer": set[str](),
    "boolean": set[str](),
    "null": set[str](),
}
KEYWORDS = {"type", "enum", "const", "anyOf", "$ref"}.union(*OF_TYPE.values())
PYTHON: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: not isinstance(value, bool) and isinstance(value, int | float) and value == int(value),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
SCALARS = ("string", "number", "boolean", "null")


class BadSchema(ValueError):
    """A schema that no text can be made for. The message says what is wrong with it, and where."""


def grammar(text: str) -> Node:
    """Return the grammar of a schema, given as JSON. A text ends with its value, or a newline after it.

    Raises BadSchema for what is no schema, is too large, uses what is not supported, or is satisfied by nothing.
    """
    if len(text) > LONGEST_TEXT:
        raise BadSchema(f"The schema has {len(text)} characters; at most {LONGEST_TEXT} are taken.")
    try:
        schema = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(schema, ensure_ascii=False, allow_nan=False).encode()  # numbers and texts that JSON has
    except RecursionError:
        raise BadSchema("The schema is nested too deeply.") from None
    except ValueError as error:
        raise BadSchema(f"The schema is no JSON: {error}") from None
    value = _Reader(schema).value(schema, "#", 0)
    if value is None:
        raise BadSchema("Nothing satisfies the schema.")
    return Sequence((value, Repeat(Literal(b"\n"), 0, 1)))


class _Reader:
    """Reads the parts of one schema. What nothing satisfies is None."""

    def __init__(self, root: object):
        self.root = root
        self.known: dict[str, tuple[Node | None, int]] = {}  # what a $ref names, and how deep it is
        self.open: list[str] = []  # the $refs that are being read
        self.deepest = self.nested = 0

    def value(self, schema: object, where: str, depth: int) -> Node | None:
        """Return the grammar of a value. where: the place of its schema. depth: of the value in the whole."""
        self.deepest = max(self.deepest, depth)
        if depth > DEEPEST or self.nested > MOST_NESTED:
            raise BadSchema(f"{where[:200]}: it is nested too deeply; at most {DEEPEST} values inside of each other.")
        self.nested += 1
        node = self._value(schema, where, depth)
        self.nested -= 1
        return node

    def _value(self, schema: object, where: str, depth: int) -> Node | None:
        if schema is False:
            return None
        own = {} if schema is True else _mapping(schema, where)
        if unknown := sorted(own.keys() - KEYWORDS - ANNOTATIONS):
            raise BadSchema(
                f"{where}: {unknown[0][:80]!r} is not supported. Supported are {', '.join(sorted(KEYWORDS))}."
            )
        own = {name: content for name, content in own.items() if name not in ANNOTATIONS}
        if "$ref" in own:
            _alone(own, "$ref", where)
            return self._named(own["$ref"], where, depth)
        if "anyOf" in own:
            _alone(own, "anyOf", where)
            options = _list(own["anyOf"], f"{where}/anyOf")
            nodes = [self.value(option, f"{where}/anyOf/{place}", depth) for place, option in enumerate(options)]
            return _any(nodes)
        types = _types(own, where)
        if own.keys() & {"enum", "const"}:
            return _constants(own, types, where)
        return _any([self._of_type(kind, own, where, depth) for kind in types])

    def _named(self, reference: object, where: str, depth: int) -> Node | None:
        """Return the grammar of what a reference names, read once."""
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise BadSchema(f"{where}: a $ref names a part of this schema, such as '#/$defs/NAME'.")
        if reference in self.open:
            raise BadSchema(f"{where}: {reference[:80]!r} is recursive, which is not supported.")
        if reference not in self.known:
            before, self.deepest = self.deepest, depth
            self.open.append(reference)
            node = self.value(_part(self.root, reference, where), reference, depth)
            self.open.pop()
            self.known[reference] = node, self.deepest - depth
            self.deepest = max(before, self.deepest)
        node, height = self.known[reference]
        self.deepest = max(self.deepest, depth + height)
        if depth + height > DEEPEST:
            raise BadSchema(f"{where[:200]}: it is nested too deeply; at most {DEEPEST} values inside of each other.")
        return node

    def _of_type(self, kind: str, own: Mapping[str, Any], where: str, depth: int) -> Node | None:
        match kind:
            case "object":
                return self._object(own, where, depth)
            case "array":
                return self._array(own, where, depth)
            case "string":
                least, most = _bounds(own, "Length", json_values.LONGEST, where)
                return json_values.string(least, most) if least <= most else None
        simple: dict[str, Node] = {"null": json_values.NULL, "boolean": json_values.BOOLEAN}
        return simple.get(kind) or (json_values.INTEGER if kind == "integer" else json_values.NUMBER)

    def _array(self, own: Mapping[str, Any], where: str, depth: int) -> Node | None:
        least, most = _bounds(own, "Items", MOST_ITEMS, where)
        item = self.value(own.get("items", True), f"{where}/items", depth + 1)
        options: list[Node | None] = [Literal(b"[]")] if least == 0 else []
        if item and most >= max(least, 1):
            more = Repeat(Sequence((Literal(b","), json_values.SPACE, item)), max(least - 1, 0), most - 1)
            options.append(Sequence((Literal(b"["), item, more, Literal(b"]"))))
        return _any(options)

    def _object(self, own: Mapping[str, Any], where: str, depth: int) -> Node | None:
        """Return the objects with the required properties, and any of the others, in their order."""
        properties = _mapping(own.get("properties", {}), f"{where}/properties")
        required = _list(own.get("required", []), f"{where}/required")
        if not isinstance(own.get("additionalProperties", False), bool):
            raise BadSchema(f"{where}: a schema of 'additionalProperties' is not supported. Declare the properties.")
        if unknown := [name for name in required if not isinstance(name, str) or name not in properties]:
            raise BadSchema(f"{where}: {str(unknown[0])[:80]!r} is required and not among the properties.")
        first: Node | None = Literal(b"}")  # what follows where no property is there yet
        later: Node | None = first  # and where one is
        for name, schema in reversed(properties.items()):
            value = self.value(schema, f"{where}/properties/{name[:80]}", depth + 1)
            key, optional = Literal(json_values.literal(name) + b":"), name not in required
            pair = (key, json_values.SPACE, value) if value else None
            with_first = Sequence((*pair, later)) if pair and later else None
            with_later = Sequence((Literal(b","), json_values.SPACE, *pair, later)) if pair and later else None
            first = _any([with_first, first if optional else None])
            later = _any([with_later, later if optional else None])
        return Sequence((Literal(b"{"), first)) if first else None


def _any(options: list[Node | None]) -> Node | None:
    kept = [option for option in options if option]
    return choice(kept) if kept else None


def _types(own: Mapping[str, Any], where: str) -> list[str]:
    """Return the types of a value: the stated ones, those that its keywords are for, or all without parts."""
    stated = own.get("type")
    if stated is None:
        if own.keys() & {"enum", "const"}:
            return [*OF_TYPE]
        return [kind for kind, keywords in OF_TYPE.items() if own.keys() & keywords] or [*SCALARS]
    types = stated if isinstance(stated, list) else [stated]
    if not types or any(not isinstance(kind, str) or kind not in OF_TYPE for kind in types):
        raise BadSchema(f"{where}: a 'type' is one of {', '.join(OF_TYPE)}, or a list of these.")
    return types


def _constants(own: Mapping[str, Any], types: list[str], where: str) -> Node | None:
    """Return the values of enum and const that have one of the types."""
    _alone({name: content for name, content in own.items() if name not in ("type", "enum", "const")}, "enum", where)
    values = _list(own.get("enum", [own.get("const")]), f"{where}/enum")
    if "const" in own:
        wanted = json_values.literal(own["const"])
        values = [value for value in values if json_values.literal(value) == wanted]
    kept = [json_values.literal(value) for value in values if any(PYTHON[kind](value) for kind in types)]
    return words(kept) if kept else None


def _bounds(own: Mapping[str, Any], of: str, default: int, where: str) -> tuple[int, int]:
    """Return the least and the most characters or items."""
    least, most = own.get(f"min{of}", 0), own.get(f"max{of}")
    for value in (least, 0 if most is None else most):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise BadSchema(f"{where}: 'min{of}' and 'max{of}' are whole numbers from 0.")
    if least > MOST:
        raise BadSchema(f"{where}: 'min{of}' is {least}; at most {MOST} are supported.")
    return least, min(MOST, max(default, least) if most is None else most)


def _part(root: object, reference: str, where: str) -> object:
    """Return what a JSON pointer names."""
    found = root
    for name in reference.removeprefix("#").split("/")[1:]:
        key = name.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or key not in found:
            raise BadSchema(f"{where}: there is no {reference[:80]!r} in the schema.")
        found = found[key]
    return found


def _alone(own: Mapping[str, Any], keyword: str, where: str) -> None:
    if others := sorted(own.keys() - {keyword}):
        raise BadSchema(f"{where}: {others[0]!r} next to {keyword!r} is not supported.")


def _mapping(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadSchema(f"{where}: expected an object, not a JSON {type(value).__name__}.")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadSchema(f"{where}: expected an array, not a JSON {type(value).__name__}.")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
