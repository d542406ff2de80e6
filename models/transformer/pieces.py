"""The text of a stream, as far as it can be shown: whole characters, and nothing of a stop string."""

import codecs
from collections.abc import Sequence


class Pieces:
    """Takes bytes, and gives text. After a stop string there is no more."""

    def __init__(self, stop: Sequence[str] = ()):
        self.stop, self.stopped = [text for text in stop if text], False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""

    def add(self, content: bytes, last: bool = False) -> str:
        """Return what can be shown now. last: nothing follows, so nothing is held back any more."""
        if self.stopped:
            return ""
        self._held += self._decoder.decode(content, final=last)
        found = [(place + len(text), place) for text in self.stop if (place := self._held.find(text)) >= 0]
        self.stopped = bool(found)  # by the one that was whole first
        end = min(found)[1] if found else len(self._held) - (0 if last else self._unsure())
        shown, self._held = self._held[:end], self._held[end:]
        return shown

    def _unsure(self) -> int:
        """Return how many of the last characters may be the beginning of a stop string."""
        longest = max((len(text) for text in self.stop), default=1) - 1
        ends = range(min(longest, len(self._held)), 0, -1)
        return next((size for size in ends if any(text.startswith(self._held[-size:]) for text in self.stop)), 0)
