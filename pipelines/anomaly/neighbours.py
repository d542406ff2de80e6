"""The stretches of the kept past that are most like the last values of a stream."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LENGTH = 8  # values of a stretch
SHOWN = 3


def nearest(values: Sequence[float]) -> list[tuple[int, float]]:
    """Return (values ago, distance) of the stretches nearest to the last one, the nearest first, none overlapping.

    The distance is the root mean square difference in standard deviations of `values`.
    """
    known = np.asarray(values, dtype=float)
    if len(known) < 2 * LENGTH:
        return []
    stretches = np.lib.stride_tricks.sliding_window_view(known, LENGTH)
    distance = np.sqrt(((stretches - stretches[-1]) ** 2).mean(axis=1)) / (known.std() + 1e-12)
    last, found = len(stretches) - 1, list[tuple[int, float]]()
    for place in np.argsort(distance[: last - LENGTH + 1], kind="stable").tolist():
        if all(abs(last - place - ago) >= LENGTH for ago, _ in found):
            found.append((last - place, float(distance[place])))
        if len(found) == SHOWN:
            break
    return found
