"""REST: OpenAI's completions, of text and of conversations, for every capstone whose model makes text.

They are predictions like those of `generate`: with the same guards, variants, metrics and records in the log.
"""

import asyncio
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from predictions.json_text import dumps
from serving.api.body import read_json
from serving.api.generate import EventStream, begin, first_part, whole
from serving.api.openai_answer import Choice, TextAnswer
from serving.api.openai_errors import form
from serving.api.openai_request import TextPayload, model_of
from serving.api.router import ApiRoute
from serving.guards.call import Kind
from serving.model.generation import Generation
from serving.model.repository import CapstoneRepository


class OpenAI:
    """The routes. The body names the model, and says whether the answer is streamed."""

    def __init__(self, repository: CapstoneRepository):
        self.repository = repository

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        how: dict[str, Any] = {"kind": Kind.STREAM, "model_of": _asked, "form": form, "methods": ["POST"]}
        return [
            ApiRoute("/v1/completions", self.completions, **how),
            ApiRoute("/v1/chat/completions", self.chat, **how | {"form": partial(form, chat=True)}),
        ]

    async def completions(self, request: Request) -> Response:
        """Continue a text."""
        return await self._answer(request, chat=False)

    async def chat(self, request: Request) -> Response:
        """Answer the messages of a conversation."""
        return await self._answer(request, chat=True)

    async def _answer(self, request: Request, chat: bool) -> Response:
        payload = TextPayload(read_json(await request.body()), chat)
        if payload.stream:
            generation = await self._begin(request, payload)
            return TextStream(generation, await first_part(request, generation), TextAnswer(generation, payload))
        choices = await self._choices(request, payload)
        answer = TextAnswer(choices[0].generation, payload)
        return Response(dumps(answer.whole(choices)), media_type="application/json", headers=answer.headers())

    async def _begin(self, request: Request, payload: TextPayload) -> Generation:
        return await begin(request, self.repository, payload, payload.name, payload.version)

    async def _choices(self, request: Request, payload: TextPayload) -> list[Choice]:
        """Make the texts together. When one fails, the others end."""

        async def one(number: int) -> Choice:
            generation = await self._begin(request, payload.choice(number))
            return Choice(generation, await whole(request, generation))

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(number)) for number in range(payload.choices)]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [task.result() for task in tasks]


class TextStream(EventStream):
    """A text as OpenAI streams it. The last chunks come once the prediction is in the log."""

    def __init__(self, generation: Generation, first: dict[str, Any] | None, answer: TextAnswer):
        super().__init__(generation, first)
        self.headers.update(answer.headers())
        self.answer = answer

    def event(self, part: dict[str, Any]) -> bytes:
        """Return a chunk with the text of a part, nothing for a part without any."""
        return b"".join(map(_event, self.answer.chunks(part)))

    def end(self, prediction: dict[str, Any]) -> bytes:
        """Return the chunk that says why the text ended, the count of tokens where it is wanted, and the end."""
        return b"".join(map(_event, self.answer.last_chunks(prediction))) + b"data: [DONE]\n\n"

    def failure(self, error: Exception, status: int, message: str) -> bytes:
        """Return an error, which the client raises."""
        return _event(form(status, message, error, self.answer.chat))


def _event(content: object) -> bytes:
    return b"data: " + dumps(content) + b"\n\n"


def _asked(body: bytes) -> str:
    """Return the capstone that a body asks for, "" where it cannot be read: the route then says what is wrong."""
    content = read_json(body)
    return model_of(content.get("model")).partition(":")[0] if isinstance(content, dict) else ""
