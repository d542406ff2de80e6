"""Whether a stream is alive: whether its values still change, and still come in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

LEARNING = 50  # values, whose runs are all usual
TIMES, MORE = 3, 20  # a run of equal values is too long beyond so many times the longest one before, and so many values
MOVE = 0.02  # share by which the usual interval moves at each value, so that it follows the median
LONGEST = 1e6  # usual intervals


@dataclass
class Pulse:
    """What is known of the runs of equal values of a stream, and of the time between two. It fits into SIZE numbers."""

    seen: float = 0.0  # values
    run: float = 0.0  # equal values in a row, the last one with them
    longest: float = 0.0  # run before
    interval: float = 0.0  # seconds between two values, as is usual
    gap: float = 1.0  # between the last two, in usual intervals

    def step(self, seconds: float, same: bool) -> None:
        """Take one more value. seconds: since the one before. same: whether it equals that one."""
        self.seen += 1
        if not same:
            self.longest, self.run = max(self.longest, self.run), 0
        self.run += 1
        if self.seen <= LEARNING:
            self.longest = max(self.longest, self.run)
        if self.seen > 1:
            self._timed(seconds)

    def _timed(self, seconds: float) -> None:
        self.interval = self.interval or seconds
        self.gap = min(seconds / self.interval, LONGEST) if self.interval else 1.0
        self.interval *= 1 + MOVE * ((self.gap > 1) - (self.gap < 1))

    @property
    def over(self) -> int:
        """By how many values the last run is too long. A stream that never changed is not frozen: it is 0."""
        return 0 if self.run >= self.seen else max(int(self.run - TIMES * self.longest - MORE), 0)


SIZE = len(astuple(Pulse()))


def pack(pulse: Pulse) -> list[float]:
    """Return a pulse as SIZE numbers."""
    return [float(number) for number in astuple(pulse)]


def unpack(numbers: Sequence[float]) -> Pulse:
    """Return the pulse of SIZE numbers, or a new one where none were kept, as before there were any."""
    return Pulse(*numbers)
