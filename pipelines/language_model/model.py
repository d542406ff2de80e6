"""The model that is served: a decoder over bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.model import Columns, Model
from models.text import whole_texts
from pipelines.language_model.schema import LONGEST, MOST_TOKENS

if TYPE_CHECKING:
    import torch

    from models.transformer.adapters import Chosen
    from models.transformer.decoder import Decoder, Shape
    from models.transformer.draft import GramsDraft
    from models.transformer.text_engine import TextEngine

ANSWERED = ("text", "finish_reason", "tokens", "prompt_tokens", "seed", "logprobs")
READ = ("adapted", "draft", "history", "voices")  # from artifacts, or of the training alone
ADAPTED, RANK = ("qkv", "out", "gate_up", "down"), 8  # the layers that have adapters
STREAMS = 32  # at a time, each with the longest prompt and text


class LanguageModel(Model):
    """Continues texts.

    artifacts: `network`, the weights; `learned`, the text that they are of, for the n-grams that draft and those of
    the gate; `adapters`, where it has some: the weights of each voice.
    """

    inputs = {
        **{"prompt": "string", "max_tokens": "long", "temperature": "double", "top_k": "long", "top_p": "double"},
        **{"min_p": "double", "presence_penalty": "double", "frequency_penalty": "double", "stop": "string[]"},
        **{"seed": "double", "json_schema": "string", "logprobs": "boolean", "top_logprobs": "long"},
        **{"voice": "string", "attention": "long"},
    }
    requirements = ("numpy", "torch")

    def __init__(
        self, shape: Shape, network: Path, learned: Path, history: Sequence[Mapping[str, float]] = (),
        adapters: Path | None = None,
    ):  # fmt: skip
        self.shape, self.history = shape, history
        self.artifacts = {"network": network, "learned": learned} | ({"adapters": adapters} if adapters else {})

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in READ}

    @property
    def decoder(self) -> Decoder:
        """The network, with its adapters."""
        return self.adapted[0]

    @cached_property
    def adapted(self) -> tuple[Decoder, Chosen | None]:
        """The network, read when it is first needed, and what chooses its adapters, where it has some."""
        import torch

        from models.transformer import adapters
        from models.transformer.decoder import Decoder

        torch.set_num_threads(1)
        decoder, chosen = Decoder(self.shape), None
        decoder.load_state_dict(torch.load(self.artifacts["network"], weights_only=True))
        if self.voices:
            chosen = adapters.adapt(decoder, ADAPTED, len(self.voices), RANK)
            for number, weights in enumerate(self.voices.values(), 1):
                adapters.load(decoder, number, weights)
        return decoder.eval(), chosen

    @cached_property
    def voices(self) -> dict[str, dict[str, torch.Tensor]]:
        """The weights of each adapter, by the name of its voice. Those of the decoder are numbered from 1."""
        import torch

        path = self.artifacts.get("adapters")
        return torch.load(path, weights_only=True) if path else {}

    @cached_property
    def draft(self) -> GramsDraft:
        """The n-grams whose bytes the network accepts or corrects."""
        import numpy as np

        from models.transformer.draft import GramsDraft

        return GramsDraft(np.load(self.artifacts["learned"]))

    def engine(self) -> TextEngine:
        """Return what makes many texts together."""
        from models.transformer.streams import Streams
        from pipelines.language_model.engine import engine

        pages = STREAMS * (LONGEST + MOST_TOKENS) // 16
        decoder, chosen = self.adapted
        return engine(Streams(decoder, pages, draft=self.draft, chosen=chosen), [*self.voices])

    def chat(self, messages: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Return the fields of the request that continues a conversation: a scene, in which the next to speak answers.

        What `system` says stands before the scene.
        """
        speeches = [f"{_speaker(message)}{message['content']}\n\n" for message in messages]
        return {"prompt": "".join(speeches) + "ASSISTANT:\n", "stop": ["\n\n"]}

    def continued(self, prompts: Sequence[str], tokens: int) -> list[str]:
        """Return how texts go on for so many bytes, with the defaults of a request and the seed 0."""
        from pipelines.language_model.schema import Request

        rows = [Request(prompt=prompt[-LONGEST:], max_tokens=tokens, seed=0).model_dump() for prompt in prompts]
        answers = self.predict_columns({name: [row[name] for row in rows] for name in self.inputs})
        return answers["text"]

    def predict_columns(self, columns: Columns) -> dict[str, list[Any]]:
        """Return the whole `text` of each row, why it ended, and the number of tokens made and read."""
        return whole_texts.of_rows(self.engine(), columns, ANSWERED)


def _speaker(message: Mapping[str, str]) -> str:
    """Return the line before a speech, which names who speaks."""
    if message["role"] in ("system", "developer"):
        return ""
    return f"{message.get('name') or message['role']}:\n".upper()
