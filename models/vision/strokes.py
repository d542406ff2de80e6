"""Find the strokes of a digit on a page: on any paper, in uneven light, between ruled lines and specks.

The paper is what a grey closing leaves, which fills everything narrower than its window: a stroke, and no shadow
(Soille, "Morphological Image Analysis" (2003), chapter 4.5). What is darker than the paper around it by a good part of
the darkest is ink, and so is what is connected to it and somewhat paler (Canny's hysteresis). Lines from edge to edge
are no ink. Of the rest, the largest part counts, with what is near and not tiny.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

WINDOW = 0.3  # of the longer side: wider than the widest stroke
SMOOTH = 1.0  # pixels
LOW, HIGH = 0.35, 0.6  # of the darkest ink: where it may end, and what it must reach
DARKEST = 0.003  # the share of the pixels that the darkest ink is the mean of
FAINT, NOISY = 0.02, 6.0  # the least depth of the darkest ink: of the range, and in deviations of the noise
PALE = 0.12  # of the darkest ink: what a ruled line must have
ACROSS, RUN, THICK = 0.7, 0.15, 0.025  # of a ruled line, in parts of a side: its length, its straight parts, its width
TINY, SECOND, NEAR = 0.03, 0.35, 0.3  # of the largest part: what is dust, what is another digit; and what is near
INNER = 0.1  # of the largest part: what counts before parts at the edges of the page
EIGHT = np.ones((3, 3), dtype=bool)  # a pixel's neighbours


def find(grey: np.ndarray) -> np.ndarray:
    """Return how much ink there is, from 0 to 1, shape of the page. grey: from 0 to 1, shape (height, width).

    Raises ValueError, in words for the sender, when there is no ink, or more than one thing.
    """
    depth = below_paper(grey)
    noise = 1.4826 * np.median(np.abs(depth - np.median(depth)))
    depth = depth - np.median(depth)
    count = max(4, int(DARKEST * depth.size))
    darkest = float(np.partition(depth.ravel(), -count)[-count:].mean())
    if darkest < max(FAINT, NOISY * noise):
        raise ValueError("it is blank: draw a digit")
    lying, upright = lines(depth > PALE * darkest)
    ink, edge = (depth > share * darkest for share in (HIGH, LOW))
    mask = ndimage.binary_propagation(ink & ~(lying | upright), EIGHT, edge & ~(lying | upright))
    gap = 2 * _widest(mask) + 5  # a line with its soft edges
    crossed = (lying & closed(mask, (gap, 3))) | (upright & closed(mask, (3, gap)))
    kept = one_thing(mask | (crossed & edge))
    soft = ((depth / darkest - LOW / 2) / (HIGH - LOW / 2)).clip(0, 1)
    return np.asarray(soft * ndimage.binary_dilation(kept, EIGHT))


def below_paper(grey: np.ndarray) -> np.ndarray:
    """Return how far each pixel is from the paper around it, in parts of the paper's light."""
    smooth = ndimage.gaussian_filter(grey, SMOOTH)
    window = int(WINDOW * max(grey.shape)) | 1
    around = smooth - ndimage.uniform_filter(smooth, 2 * window)
    if (around**3).sum() > 0:  # the ink is light
        smooth = 1 - smooth
    paper = ndimage.gaussian_filter(ndimage.grey_closing(smooth, (window, window)), SMOOTH)
    return np.asarray((paper - smooth) / paper.clip(0.1))


def lines(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where straight, thin lines cross the page: lying ones, and upright ones."""
    return _lying_lines(mask), _lying_lines(mask.T).T


def _lying_lines(mask: np.ndarray) -> np.ndarray:
    width = mask.shape[1]
    thick = ndimage.maximum_filter1d(
        mask.view(np.uint8), 3, axis=0
    )  # a line that is a little turned stays in one piece
    flat = ndimage.grey_opening(thick, (1, max(3, int(RUN * width)))).astype(bool)
    parts, _count = ndimage.label(ndimage.maximum_filter1d(flat.view(np.uint8), 9, axis=1), EIGHT)
    ruled = np.zeros_like(mask)
    for part, (rows, columns) in enumerate(ndimage.find_objects(parts), 1):
        here = (parts[rows, columns] == part) & flat[rows, columns]
        thick = here.sum(axis=0)[here.any(axis=0)]
        if len(thick) >= ACROSS * width and np.median(thick) <= _widest(mask) + 2:
            ruled[rows, columns] |= _straight(here, float(np.median(thick)))
    return ruled


def _straight(here: np.ndarray, thick: float) -> np.ndarray:
    """Return the straight band of a thickness through most of a mask: strokes that lie on a line bend it aside."""
    columns = np.flatnonzero(here.any(axis=0))
    middle = (here * np.arange(len(here))[:, None]).sum(axis=0)[columns] / here.sum(axis=0)[columns]
    near = np.ones(len(columns), dtype=bool)
    for _ in range(4):
        slope, start = np.polyfit(columns[near], middle[near], 1)
        away = np.abs(middle - slope * columns - start)
        near = away <= max(1.0, float(np.median(away)))
    away = np.abs(np.arange(len(here))[:, None] - slope * np.arange(here.shape[1]) - start)
    return np.asarray(away <= thick / 2 + 0.5)


def closed(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a mask without its gaps that are smaller than a size."""
    return np.asarray(ndimage.grey_closing(mask.view(np.uint8), size).astype(bool))


def _widest(mask: np.ndarray) -> int:
    return int(max(3.0, THICK * max(mask.shape)))


def one_thing(mask: np.ndarray) -> np.ndarray:
    """Return the largest part of the ink, with the parts that are near and not tiny."""
    parts, count = ndimage.label(mask, EIGHT)
    if not count:
        raise ValueError("it is blank: draw a digit")
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    edges = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    inner = np.delete(sizes, edges)
    if inner.size and inner.max() > INNER * sizes.max():  # a shadow or a line's rest touches an edge; so may a digit
        sizes[edges] = 0
    largest = int(sizes.argmax())
    kept = parts == largest
    rows, columns = ndimage.find_objects(parts)[largest - 1]
    reach = NEAR * max(rows.stop - rows.start, columns.stop - columns.start)
    others = [part for part in np.flatnonzero(sizes >= TINY * sizes[largest]) if part != largest]
    distance = ndimage.distance_transform_edt(~kept) if others else kept
    for part in others:
        if distance[parts == part].min() <= reach:
            kept |= parts == part
        elif sizes[part] >= SECOND * sizes[largest]:
            raise ValueError("it shows more than one thing: cut it to one digit")
    return np.asarray(kept)
