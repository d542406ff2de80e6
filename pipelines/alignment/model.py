"""The assistant that is served: SmolLM2 with an adapter."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.model import Columns, Model
from models.text import whole_texts
from pipelines.alignment.schema import CONTEXT, LONGEST, Request

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from models.text.remote_engine import RemoteEngine
    from models.transformer.quick import QuickDecoder
    from models.transformer.text_engine import TextEngine
    from pipelines.alignment.conversation import Template

ADAPTED, RANK, ALPHA = ("qkv", "out", "gate_up", "down"), 8, 16.0
ANSWERED = ("text", "finish_reason", "refused", "tool_calls", "tokens", "prompt_tokens", "seed", "logprobs")
THREADS = 2  # that answer a run's prompts, each with products of one thread
# Those in which it refuses what it refuses in 32 bits. In 4 bits, tuned weights lose what was learned. In whole
# numbers, one prompt of eleven changes sides, and twice as many jailbreaks are answered.
WAYS = ("8 bits", "16 bits", "32 bits")
PAGES = 1_024  # of 16 tokens: eight whole contexts, or 32 streams of 512 tokens
PAGES_OF_ROWS = 384  # for rows that are answered together: three whole contexts in 280 MB, for each thread
CHUNK_OF_ROWS = 256  # tokens of their prompts that a step reads: nobody waits for a first word


class Assistant(Model):
    """Answers conversations. artifacts: `adapter`, its weights; none for the base as it is.

    rival: the filter of words that the gate compares with, which is never asked at the endpoint. threshold: see
    `refusal`; without one it refuses where "Sorry" is the likeliest token. ways: of its products, by the size of a
    batch, see `QuickDecoder`; a version keeps them, since answers differ a little between them. None takes the fastest.
    """

    inputs = {
        **{"prompt": "string", "earlier": "string[]", "system": "string", "max_tokens": "long"},
        **{"temperature": "double", "top_p": "double", "presence_penalty": "double", "frequency_penalty": "double"},
        **{"stop": "string[]", "seed": "double", "json_schema": "string", "tools": "string", "tool_choice": "string"},
        **{"logprobs": "boolean", "top_logprobs": "long"},
    }
    requirements = ("numpy", "torch", "regex", "numba", "scikit-learn", "jsonschema")

    def __init__(
        self, base: Path, adapter: Path | None = None, history: Sequence[Mapping[str, float]] = (),
        rival: Pipeline | None = None, threshold: float | None = None, ways: Mapping[int, str] | None = None,
    ):  # fmt: skip
        self.weight_files, self.history, self.rival, self.threshold = {"base": base}, history, rival, threshold
        self.artifacts = {"adapter": adapter} if adapter else {}
        self.stored_ways = ways

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("parts", "history")}

    @property
    def made_of(self) -> list[Path | str]:
        """What its answers depend on."""
        return [*self.weight_files.values(), *self.artifacts.values(), str(self.threshold), str(self.ways)]

    def base(self) -> Assistant:
        """Return the assistant without what it has learned."""
        return Assistant(self.weight_files["base"], ways=self.ways)

    @property
    def ways(self) -> Mapping[int, str]:
        """The ways of its products, by the size of a batch."""
        return self.parts[0].chosen

    @cached_property
    def parts(self) -> tuple[QuickDecoder, Template]:
        """The network as it is served, and its template."""
        import torch

        from models.transformer import adapters
        from models.transformer.products import available
        from models.transformer.quick import QuickDecoder
        from models.weights import gguf_adapters, smollm2
        from pipelines.alignment.conversation import Template

        torch.set_num_threads(1)
        decoder, tokens = smollm2.load(self.weight_files["base"])
        template = Template(tokens)
        if path := self.artifacts.get("adapter"):
            adapters.merge(decoder, ADAPTED, gguf_adapters.read(path, decoder.shape), RANK, ALPHA)
        available_here = self.stored_ways and {*self.stored_ways.values()} <= {*available()}
        return QuickDecoder(decoder, None, self.stored_ways if available_here else None, WAYS), template

    def engine(self, pages: int = PAGES, chunk: int | None = None) -> TextEngine | RemoteEngine:
        """Return what makes many answers together: here, or the language model that the settings name."""
        from capstan.services import language_model

        if language_model.is_elsewhere():
            from models.text.remote_engine import RemoteEngine
            from pipelines.alignment import elsewhere
            from pipelines.alignment.engine import of_whole

            return RemoteEngine(elsewhere.body, of_whole)
        return self.own_engine(pages, chunk)

    def own_engine(self, pages: int, chunk: int | None) -> TextEngine:
        """Return what makes many answers together, of this model in any case."""
        from models.transformer.streams import CHUNK, Streams
        from models.transformer.text_engine import TextEngine
        from pipelines.alignment.engine import of_whole, stream

        network, template = self.parts
        return TextEngine(
            Streams(network, pages, chunk=chunk or CHUNK), lambda row: stream(row, template, self.threshold),
            lambda token: template.tokens.bytes[token], {template.end}, of_whole, lambda row: bool(row["tools"]),
        )  # fmt: skip

    def chat(self, messages: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Return the fields of the request that continues a conversation."""
        from pipelines.alignment.engine import of_conversation

        return of_conversation(messages)

    def fits(self, prompts: Sequence[str], tokens: int) -> list[bool]:
        """Return whether each prompt and an answer of so many tokens are within the context."""
        _, template = self.parts
        return [len(template.asked(prompt)) + tokens <= CONTEXT for prompt in prompts]

    def answers(self, prompts: Sequence[str], tokens: int) -> list[str]:
        """Return this model's likeliest answers of prompts, of so many tokens at most: each thread makes a share.

        They are in order of length, since those of one length are read together.
        """
        _, template = self.parts  # the network is made once, before the threads
        rows = [Request(prompt=prompt[:LONGEST], max_tokens=tokens, seed=0).model_dump() for prompt in prompts]
        order = sorted(range(len(rows)), key=lambda row: len(template.asked(rows[row]["prompt"])))
        shares = [order[first::THREADS] for first in range(THREADS)]
        with ThreadPoolExecutor(THREADS) as threads:
            shared = threads.map(lambda share: self._texts([rows[row] for row in share]), filter(None, shares))
            texts = dict(zip(itertools.chain(*shares), itertools.chain(*shared), strict=True))
        return [texts[row] for row in range(len(rows))]

    def _texts(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        columns = {name: [row[name] for row in rows] for name in self.inputs}
        return whole_texts.of_rows(self.own_engine(PAGES_OF_ROWS, CHUNK_OF_ROWS), columns, ["text"])["text"]

    def predict_columns(self, columns: Columns) -> dict[str, list[Any]]:
        """Return the whole answer of each row, why it ended, and the number of tokens made and read."""
        return whole_texts.of_rows(self.engine(PAGES_OF_ROWS, CHUNK_OF_ROWS), columns, ANSWERED)
