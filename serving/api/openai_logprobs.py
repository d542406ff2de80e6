"""Log probabilities as OpenAI's API answers them: of a prediction they come as those of a conversation."""

import codecs
from collections.abc import Sequence
from typing import Any


class OfConversation:
    """Of the tokens of a message."""

    def __call__(self, parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return the log probabilities of a part, or of the whole."""
        return {"content": parts, "refusal": None}


class OfText:
    """Of the tokens of a completion. `text_offset` counts characters, from the beginning of the text."""

    def __init__(self) -> None:
        self._offset, self._decoder = 0, codecs.getincrementaldecoder("utf-8")("replace")

    def __call__(self, parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return the log probabilities of the next part, or of the whole."""
        offsets = []
        for token in parts:
            offsets.append(self._offset)
            self._offset += len(self._decoder.decode(bytes(token["bytes"])))
        tops = [{candidate["token"]: candidate["logprob"] for candidate in token["top_logprobs"]} for token in parts]
        return {
            "tokens": [token["token"] for token in parts],
            "token_logprobs": [token["logprob"] for token in parts],
            "top_logprobs": tops,
            "text_offset": offsets,
        }
