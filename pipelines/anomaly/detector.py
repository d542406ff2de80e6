"""The detector: what is known of a stream after each value, in 73 numbers, and how unusual the value is.

A score is a sum of three signals, each from what came before:

- `beyond`: how far the value lies beyond all earlier ones, in units of their range;
- `unsettled`: how far the mean distance from what is usual at this time of day lies beyond all it was;
- `jumpy`: how much larger the jumps of late are than the jumps of this stream, in standard deviations.

After a score, lower ones of the next `hold` values count as 0: one event is one alert. A value that has not changed for
too long has the score `FROZEN` once, whatever came before (`pulse.py`). The signals follow the anomaly
likelihood of Ahmad et al., "Unsupervised real-time anomaly detection for streaming data" (2017), equations 4 to 6, with
predictors so simple that the state is small: the last value, and the mean at the time of day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log1p, nan, sqrt

from pipelines.anomaly.pulse import LEARNING, Pulse

BINS = 48  # of a day
SMALL = 1e-9
FARTHEST = 1e3  # distance from a range, in units of its length
LARGEST_JUMP = 1e6  # in units of the mean jump
VARIANCE = 0.001  # added to that of the jumps: a stream that never jumped is not infinitely sure
LEAST_JUMPY, MOST_JUMPY = -5.0, 10.0  # standard deviations
FROZEN = 2.0  # the score of a run of equal values that gets too long: above any threshold


@dataclass(frozen=True)
class Setting:
    """What `tune` chooses: the same for every stream."""

    unsettled: float = 0.093  # the weight of the signal
    jumpy: float = 0.02  # and of this one
    hold: int = 33
    steepness: float = 54.0  # of the logarithm of a distance in units of the range
    slow: float = 0.0013  # the weight of a new value in a mean of the whole stream
    fast: float = 0.038  # and in one of the latest values
    shrink: float = 0.00051  # share by which the range of distances shrinks at each value: an old event is forgotten
    daily: float = 0.31  # the weight of a new value in what is usual at its time of day
    learning: int = LEARNING  # values before the first score


SETTING = Setting()


@dataclass
class Range:
    """Between which values something was, and how far one lies beyond. It shrinks by a share per value."""

    low: float = nan
    high: float = nan

    def beyond(self, value: float, steepness: float, shrink: float = 0.0) -> float:
        """Return log(1 + steepness d), with d the distance from the range in units of its length; widen the range."""
        if self.low != self.low:
            self.low = self.high = value
            return 0.0
        length = self.high - self.low
        outside = max(value - self.high, self.low - value, 0.0)
        self.low, self.high = min(self.low, value), max(self.high, value)
        if shrink:
            middle = (self.low + self.high) / 2
            self.low += shrink * (middle - self.low)
            self.high -= shrink * (self.high - middle)
        return log1p(steepness * min(outside / (length + SMALL), FARTHEST))


@dataclass
class Signals:
    """The three signals of one value, before they are weighed."""

    beyond: float = 0.0
    unsettled: float = 0.0
    jumpy: float = 0.0


@dataclass
class State:
    """What is known of a stream. `count` values came, the last of them `last`, at `time` seconds after 1970."""

    count: float = 0
    time: float = nan
    last: float = nan
    values: Range = field(default_factory=Range)
    mean: float = nan
    usual: float = nan  # at the time of day of the last value, before it
    distance: float = 0.0  # from what is usual, lately
    distances: Range = field(default_factory=Range)
    jump: float = 0.0  # mean size of a jump
    lately: float = 0.0  # mean logarithm of the jumps of late, in units of that size
    usually: float = 0.0  # and its mean
    spread: float = 1.0  # and its variance
    peak: float = 0.0  # the score that holds lower ones down
    age: float = 0.0  # values since then
    alerted: float = nan  # values since the last alert
    pulse: Pulse = field(default_factory=Pulse)
    day: list[float] = field(default_factory=lambda: [nan] * BINS)

    def step(self, time: float, value: float, setting: Setting = SETTING) -> Signals:
        """Take one more value and return its signals. The state before it knows nothing that came later."""
        self.count += 1
        if self.count == 1:
            self.last = self.mean = value
            self.time = time
        self.pulse.step(time - self.time, abs(value - self.last))
        slow, fast = max(setting.slow, 1 / self.count), max(setting.fast, 1 / self.count)
        signals = Signals(self.values.beyond(value, setting.steepness))
        slot = int(time // (86_400 / BINS)) % BINS
        usual = self.usual = self.day[slot] if self.day[slot] == self.day[slot] else self.mean
        self.distance += fast * (abs(value - usual) - self.distance)
        signals.unsettled = self.distances.beyond(self.distance, setting.steepness, setting.shrink)
        signals.jumpy = self._jumpy(abs(value - self.last), slow, fast)
        self.day[slot] = value if self.day[slot] != self.day[slot] else usual + setting.daily * (value - usual)
        self.mean += slow * (value - self.mean)
        self.time, self.last = time, value
        return signals

    def _jumpy(self, jump: float, slow: float, fast: float) -> float:
        size = log1p(min(jump / (self.jump + SMALL * (1 + abs(self.mean))), LARGEST_JUMP))
        self.jump += slow * (jump - self.jump)
        if self.count < 3:
            return 0.0
        self.lately += fast * (size - self.lately)
        more = self.lately - self.usually
        jumpy = min(max(more / sqrt(self.spread + VARIANCE), LEAST_JUMPY), MOST_JUMPY)
        self.usually += slow * more
        self.spread += slow * (more * more - self.spread)
        return jumpy

    def held(self, score: float, hold: int) -> float:
        """Return the score, or 0 where a higher one of the last `hold` values holds it down."""
        self.age += 1
        if score >= self.peak or self.age > hold:
            self.peak, self.age = score, 0.0
            return score
        return 0.0


def weighed(signals: Signals, setting: Setting = SETTING) -> list[float]:
    """Return what each signal adds to the score."""
    return [signals.beyond, setting.unsettled * signals.unsettled, setting.jumpy * signals.jumpy]


def frozen(state: State) -> float:
    """Return the score of a run of equal values that has just become too long, else 0."""
    return FROZEN if state.pulse.over == 1 else 0.0


def update(state: State, time: float, value: float, setting: Setting = SETTING) -> tuple[float, list[float]]:
    """Take one more value; return its score, and what each signal adds before lower scores are held down.

    time: seconds after 1970. While a stream is learned, the score is 0.
    """
    parts = weighed(state.step(time, value, setting), setting)
    if state.count <= setting.learning:
        return 0.0, parts
    return max(state.held(sum(parts), setting.hold), frozen(state), 0.0), parts
