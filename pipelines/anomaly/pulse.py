"""Whether a stream is alive: whether its values change, by how much, and come in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from math import log2

LEARNING = 50  # values, whose runs are all usual
TIMES, MORE = 3, 20  # a run of equal values is too long beyond so many times the longest one before, and so many values
MOVE = 0.02  # share by which the usual interval moves at each value, so that it follows the median
LONGEST = 1e6  # usual intervals
SLOWEST, FAST = 0.0001, 0.05  # the weights of a new jump in the means of the whole stream and of late
MOST_NOISE = 20  # doublings


@dataclass
class Pulse:
    """What is known of the runs of equal values of a stream, of its jumps, and of the time between two values."""

    seen: float = 0.0  # values
    run: float = 0.0  # equal values in a row, the last one with them
    longest: float = 0.0  # run before
    interval: float = 0.0  # seconds between two values, as is usual
    gap: float = 1.0  # between the last two, in usual intervals
    jumps: float = 0.0  # how many
    size: float = 0.0  # mean logarithm of their size
    lately: float = 0.0  # and of the last ones

    def step(self, seconds: float, jump: float) -> None:
        """Take one more value. seconds: since the one before. jump: the distance from that one."""
        self.seen += 1
        if jump:
            self.longest, self.run = max(self.longest, self.run), 0
            self._jumped(log2(jump))
        self.run += 1
        if self.seen <= LEARNING:
            self.longest = max(self.longest, self.run)
        if self.seen > 1:
            self._timed(seconds)

    def _timed(self, seconds: float) -> None:
        self.interval = self.interval or seconds
        self.gap = min(seconds / self.interval, LONGEST) if self.interval else 1.0
        self.interval *= 1 + MOVE * ((self.gap > 1) - (self.gap < 1))

    def _jumped(self, size: float) -> None:
        self.jumps += 1
        self.size += max(1 / self.jumps, SLOWEST) * (size - self.size)
        self.lately += max(1 / self.jumps, FAST) * (size - self.lately)

    @property
    def noise(self) -> float:
        """How large the jumps of late are, in units of those of the stream: geometric means."""
        return float(2.0 ** min(max(self.lately - self.size, -MOST_NOISE), MOST_NOISE))

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
