"""The stream that a request asks for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from capstan.errors import InvalidRow
from models.grammar.json_schema import grammar
from models.grammar.token_guide import TokenGuide
from models.text import function_calls
from models.text.refusals import refuses
from models.transformer.sampling import Sampling
from models.transformer.streams import Allowed, Stream
from pipelines.alignment.conversation import Template
from pipelines.alignment.refusal import RefusesAbove, first_token
from pipelines.alignment.schema import CONTEXT, SEEDS

ROLES = {"developer": "system", "tool": "user"}  # names that OpenAI's API has for ours


def stream(row: Mapping[str, Any], template: Template, threshold: float | None = None) -> Stream:
    """Return the stream of a row. threshold: of refusals.

    Raises InvalidRow for a conversation that is longer than the context.
    """
    messages = conversation(row)
    functions = function_calls.offered(row["tools"], row["tool_choice"])
    if system := "\n\n".join(filter(None, [row["system"], function_calls.described(functions)])):
        messages = [{"role": "system", "content": system}, *messages]
    prompt, most = template.encode(messages), int(row["max_tokens"])
    if len(prompt) + most > CONTEXT:
        raise InvalidRow(
            f"The conversation has {len(prompt)} tokens, and the answer may have {most}: together at most {CONTEXT}.",
            0, "prompt",
        )  # fmt: skip
    how = Sampling(
        float(row["temperature"]), 0, float(row["top_p"]), 0.0, float(row["presence_penalty"]),
        float(row["frequency_penalty"]),
    )  # fmt: skip
    schema = row["json_schema"] or function_calls.schema(functions, row["tool_choice"])
    rule: Allowed | None = None
    if schema:
        rule = TokenGuide(grammar(schema), template.tokens.plain, [template.end], most)
    elif threshold is not None:
        rule = RefusesAbove(first_token(template), threshold)
    seed = secrets.randbelow(SEEDS) if row["seed"] is None else int(row["seed"])
    return Stream(prompt, most, how, seed, rule, alternatives=int(row["top_logprobs"]) if row["logprobs"] else 0)


def conversation(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what was said, by the user and the assistant in turn, without the system prompt."""
    roles = ("user", "assistant") * (len(row["earlier"]) // 2) + ("user",)
    texts = [*row["earlier"], row["prompt"]]
    return [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]


def of_whole(text: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is answered of a whole text: whether it refuses, or the call that it is."""
    if call := function_calls.call(text, function_calls.offered(row["tools"], row["tool_choice"])):
        return {"text": "", "refused": False, "tool_calls": [call], "finish_reason": "tool_calls"}
    return {"refused": refuses(text), "tool_calls": []}


def of_conversation(messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the fields of the request that continues a conversation.

    Messages of one role in a row are one, with an empty line between them; what a tool returned is said by the user.
    Raises InvalidRow where the conversation does not go from the user to the user.
    """
    system: list[str] = []
    turns: list[tuple[str, str]] = []
    for message in messages:
        role, text = ROLES.get(message["role"], message["role"]), function_calls.said(message)
        if role == "system":
            system.append(text)
        elif turns and turns[-1][0] == role:
            turns[-1] = role, f"{turns[-1][1]}\n\n{text}"
        else:
            turns.append((role, text))
    if not turns or turns[0][0] != "user" or turns[-1][0] != "user":
        raise InvalidRow("A conversation begins and ends with what the user says.", 0, "prompt")
    texts = [text for _, text in turns]
    return {"system": "\n\n".join(system), "earlier": texts[:-1], "prompt": texts[-1]}
