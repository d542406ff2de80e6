"""The pictures of the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 8


def wrong(pixels: np.ndarray, labels: np.ndarray, shares: np.ndarray) -> Figure | str:
    """Return the digits that are read wrong with most confidence. shares: shape (n, 10)."""
    digits = shares.argmax(axis=1)
    indices = np.flatnonzero(digits != labels)
    indices = indices[np.argsort(-shares[indices, digits[indices]])][: 2 * COLUMNS]
    titles = [f"a {labels[i]}, read as {digits[i]}\n({shares[i, digits[i]]:.0%} sure)" for i in indices]
    return _gallery(pixels[indices], titles)


def fooled(pixels: np.ndarray, attacked: np.ndarray, labels: np.ndarray, answers: np.ndarray) -> Figure | str:
    """Return images that an attack has made unreadable for the network, above what they are read as."""
    indices = np.flatnonzero(answers != labels[: len(answers)])[:COLUMNS]
    titles = [f"a {labels[i]}" for i in indices] + [f"read as {answers[i]}" for i in indices]
    return _gallery(np.concatenate([pixels[indices], attacked[indices]]), titles, len(indices))


def _gallery(images: np.ndarray, titles: Sequence[str], columns: int = COLUMNS) -> Figure | str:
    from matplotlib.figure import Figure

    if not len(images):
        return "None."
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(1.35 * columns, 1.7 * rows), layout="constrained")
    for axes in (grid := figure.subplots(rows, columns, squeeze=False)).flat:
        axes.set_axis_off()
    for axes, image, title in zip(grid.flat, images, titles, strict=False):
        axes.imshow(image[0], cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(title, fontsize=8)
    return figure
