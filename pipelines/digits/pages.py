"""Digits as people send them: photographs of paper, simulated from images of MNIST.

Each kind of page has one thing that a threshold over the whole image fails at. `KINDS` makes a page from a digit and a
random generator: shades of grey from 0, black, to 1, shape (height, width), which `photographed` turns into a JPEG.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from pipelines.digits.model import DigitModel

HEIGHT, WIDTH = 240, 320
NOISE = 0.02  # deviation of a camera's noise

Random = np.random.Generator
MakePage = Callable[[np.ndarray, Random], np.ndarray]


def photographed(pixels: bytes, kind: str, random: Random) -> bytes:
    """Return a JPEG of an image of MNIST on a page of a kind."""
    from PIL import Image

    digit = np.frombuffer(pixels, dtype=np.uint8).reshape(28, 28) / 255
    page = KINDS[kind](digit, random)
    stream = io.BytesIO()
    Image.fromarray((255 * page.clip(0, 1)).astype(np.uint8)).save(stream, "jpeg", quality=int(random.integers(70, 95)))
    return stream.getvalue()


def ink_on_page(digit: np.ndarray, size: float, turn: float, random: Random) -> np.ndarray:
    """Return a page with how much ink covers each pixel, from 0 to 1: a digit with sharp edges, where it fits.

    size: pixels of the height of the image of 28. turn: degrees.
    """
    if not digit.any():
        return np.zeros((HEIGHT, WIDTH))
    large = ndimage.zoom(digit, size / len(digit), order=3)
    large = 1 / (1 + np.exp(-12 * (ndimage.rotate(large, turn, order=1) - 0.45)))
    ink = large[np.ix_(*(np.flatnonzero(large.max(axis=1 - axis) > 0.1) for axis in (0, 1)))]
    ink = ink[: HEIGHT - 12, : WIDTH - 12]
    page = np.zeros((HEIGHT, WIDTH))
    top, left = (int(random.integers(6, most - side - 5)) for most, side in zip(page.shape, ink.shape, strict=True))
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return page


def page_with_digit(
    digit: np.ndarray,
    random: Random,
    *,
    paper: tuple[float, float] = (0.75, 0.95),
    contrast: tuple[float, float] = (0.4, 0.7),
    size: tuple[float, float] = (110, 180),
    turn: float = 5,
    noise: float = NOISE,
    under: Callable[[Random], np.ndarray] | None = None,
    light: Callable[[Random], np.ndarray] | None = None,
    blur: float = 0.7,
) -> np.ndarray:
    """Return a page. paper, contrast, size: from the least to the most.

    under: how much ink of something else covers the page. light: how much of the light reaches it.
    """
    shade = random.uniform(*paper)
    covered = ink_on_page(digit, random.uniform(*size), random.uniform(-turn, turn), random)
    if under:
        covered = np.maximum(covered, under(random))
    page = shade - random.uniform(*contrast) * covered
    if light:
        page = page * light(random)
    page = ndimage.gaussian_filter(page, blur) + random.normal(0, noise, page.shape)
    return np.asarray(page)


def shadow(random: Random) -> np.ndarray:
    """Return light that fades from one side to the other, with a shadow of a soft edge across it."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH] / WIDTH
    angle, middle, edge = random.uniform(0, 2 * np.pi), random.uniform(-0.2, 0.2), random.uniform(0.01, 0.15)
    along = (columns - 0.5) * np.cos(angle) + (rows - 0.375) * np.sin(angle)
    fades, dark = 1 - 0.4 * (along + 0.5), random.uniform(0.4, 0.7)
    return np.asarray(fades * (dark + (1 - dark) / (1 + np.exp(-(along - middle) / edge))))


def ruled_lines(random: Random, squared: bool = False) -> np.ndarray:
    """Return ruled lines, a little turned, or squares."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    turn, gap, wide = random.uniform(-0.03, 0.03), random.uniform(36, 70), random.uniform(1.2, 2.4)
    dark, start = random.uniform(0.4, 0.9), random.uniform(0, 70)
    ruled = np.mod(rows + turn * columns + start, gap) < wide
    if squared:
        ruled |= np.mod(columns - turn * rows + start, gap) < wide
    return np.asarray(dark * ruled)


def specks(random: Random) -> np.ndarray:
    """Return one to five specks of ink, near the edges of the page."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    covered = np.zeros((HEIGHT, WIDTH))
    for _ in range(random.integers(1, 6)):
        row, column = random.uniform(0, HEIGHT), random.uniform(0, WIDTH)
        if random.random() < 0.5:
            row = random.choice([random.uniform(0, 12), HEIGHT - random.uniform(0, 12)])
        else:
            column = random.choice([random.uniform(0, 12), WIDTH - random.uniform(0, 12)])
        covered[(rows - row) ** 2 + (columns - column) ** 2 < random.uniform(1, 4) ** 2] = 1
    return covered


def lines_and_specks(random: Random) -> np.ndarray:
    """Return ruled lines and specks."""
    return np.asarray(np.maximum(ruled_lines(random), specks(random)))


KINDS: dict[str, MakePage] = {
    "clean paper": page_with_digit,
    "grey paper, noise": partial(page_with_digit, paper=(0.4, 0.65), contrast=(0.2, 0.35), noise=0.04),
    "shadow": partial(page_with_digit, light=shadow),
    "ruled lines": partial(page_with_digit, under=ruled_lines),
    "squared paper": partial(page_with_digit, under=partial(ruled_lines, squared=True)),
    "specks": partial(page_with_digit, under=specks),
    "pale pencil": partial(page_with_digit, contrast=(0.12, 0.2), noise=0.01),
    "turned": partial(page_with_digit, turn=20),
    "small": partial(page_with_digit, size=(45, 65)),
    "large": partial(page_with_digit, size=(280, 320)),
    "chalk on a board": partial(page_with_digit, paper=(0.1, 0.3), contrast=(-0.7, -0.4)),
    "out of focus": partial(page_with_digit, blur=4),
    "all at once": partial(
        page_with_digit, paper=(0.5, 0.8), contrast=(0.25, 0.45), light=shadow, under=lines_and_specks, turn=10
    ),
}


def outcome(model: DigitModel, content: bytes, digit: str) -> tuple[bool, bool, bool]:
    """Return whether a photograph of a digit is read correctly, refused, or read wrong."""
    from pipelines.digits.model import NO_DIGIT

    try:
        [answer] = model.predict_columns({"image": [content]})["digit"]
    except ValueError:
        answer = NO_DIGIT
    return answer == digit, answer == NO_DIGIT, answer not in (digit, NO_DIGIT)


def seen(images: np.ndarray, seed: int) -> np.ndarray:
    """Return images on pages of all kinds in turn, as the networks see them; those that are refused are left out.

    images: from 0 to 1, shape (n, 1, 28, 28).
    """
    from pipelines.digits.pixels import from_file

    random, kinds, read = np.random.default_rng(seed), list(KINDS), [np.zeros((0, 1, 28, 28), dtype=np.float32)]
    for place, image in enumerate(images):
        content = (255 * image).astype(np.uint8).tobytes()
        with suppress(ValueError):
            read.append(from_file(photographed(content, kinds[place % len(kinds)], random))[None])
    return np.concatenate(read)
