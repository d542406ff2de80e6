"""The stream that a request asks for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from capstan.errors import InvalidRow
from models.grammar.json_schema import grammar
from models.grammar.token_guide import TokenGuide
from models.transformer.sampling import Sampling
from models.transformer.streams import Stream
from pipelines.alignment.conversation import Template
from pipelines.alignment.schema import CONTEXT, SEEDS

ROLES = {"developer": "system"}  # names that OpenAI's API has for ours


def stream(row: Mapping[str, Any], template: Template) -> Stream:
    """Return the stream of a row. Raises InvalidRow for a conversation that is longer than the context."""
    roles = ("user", "assistant") * (len(row["earlier"]) // 2) + ("user",)
    texts = [*row["earlier"], row["prompt"]]
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]
    if row["system"]:
        messages = [{"role": "system", "content": row["system"]}, *messages]
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
    guide = None
    if row["json_schema"]:
        guide = TokenGuide(grammar(row["json_schema"]), template.tokens.plain, [template.end], most)
    seed = secrets.randbelow(SEEDS) if row["seed"] is None else int(row["seed"])
    return Stream(prompt, most, how, seed, guide, alternatives=int(row["top_logprobs"]) if row["logprobs"] else 0)


def of_conversation(messages: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the fields of the request that continues a conversation.

    Messages of one role in a row are one, with an empty line between them. Raises InvalidRow where the conversation
    does not go from the user to the user.
    """
    system: list[str] = []
    turns: list[tuple[str, str]] = []
    for message in messages:
        role = ROLES.get(message["role"], message["role"])
        if role == "system":
            system.append(message["content"])
        elif turns and turns[-1][0] == role:
            turns[-1] = role, f"{turns[-1][1]}\n\n{message['content']}"
        else:
            turns.append((role, message["content"]))
    if not turns or turns[0][0] != "user" or turns[-1][0] != "user":
        raise InvalidRow("A conversation begins and ends with what the user says.", 0, "prompt")
    texts = [text for _, text in turns]
    return {"system": "\n\n".join(system), "earlier": texts[:-1], "prompt": texts[-1]}
