"""Attribution by a rule: all to the first or the last channel, or the same to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Path = Sequence[str]


def _share(
    paths: Sequence[Path], bought: Sequence[bool], parts: Callable[[Path], dict[str, float]]
) -> dict[str, float]:
    sums = {name: 0.0 for path in paths for name in path}
    for path, won in zip(paths, bought, strict=True):
        if won and path:
            for name, part in parts(path).items():
                sums[name] += part
    return sums


def first(paths: Sequence[Path], bought: Sequence[bool]) -> dict[str, float]:
    """Return the conversions of paths that begin with each channel."""
    return _share(paths, bought, lambda path: {path[0]: 1.0})


def last(paths: Sequence[Path], bought: Sequence[bool]) -> dict[str, float]:
    """Return the conversions of paths that end with each channel."""
    return _share(paths, bought, lambda path: {path[-1]: 1.0})


def linear(paths: Sequence[Path], bought: Sequence[bool]) -> dict[str, float]:
    """Return the conversions, each divided evenly among the touches of its path."""
    return _share(paths, bought, lambda path: {name: path.count(name) / len(path) for name in set(path)})
