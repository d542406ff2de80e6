"""What people send that is no digit, drawn as MNIST would show it: shape (28, 28), from 0 to 1.

The guard learns from `TRAINED_ON` and `of_digits`. `TESTED_ON` are other kinds, from which nothing learns.
Letters and symbols are those of the fonts that come with matplotlib.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from data_sets.mnist import SIZE

Random = np.random.Generator
Drawn = Callable[[Random], np.ndarray]

FONTS = (
    *("DejaVuSans", "DejaVuSans-Oblique", "DejaVuSans-Bold", "DejaVuSansMono"),
    *("DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralItalic"),
)
ALIKE = "OoIilSsZzBbGgqQDJjTtLY"  # some people write a digit like this
LETTERS = "".join(letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if letter not in ALIKE)
GREEK = "ΔΘΛΞΠΣΦΨΩαβδεζηθκλμξπσφχψω"
SYMBOLS = "♥★☂☎✈☺♫⚓♣✂♞☀?&@#%$€£+=~{}"
LARGE = 6  # times the size, in which things are drawn


def written(text: str, random: Random, fonts: tuple[str, ...] = FONTS) -> np.ndarray:
    """Return a text in some font, a little turned."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{random.choice(fonts)}.ttf"
    font = ImageFont.truetype(path, 20 * LARGE)
    image = Image.new("L", (SIZE * LARGE * max(1, len(text)), 2 * SIZE * LARGE))
    ImageDraw.Draw(image).text((40, 40), text, fill=255, font=font, stroke_width=int(random.integers(0, 5)))
    return fitted(image.rotate(random.uniform(-10, 10)))


def scribble(random: Random) -> np.ndarray:
    """Return a smooth curve through some points."""
    from scipy.interpolate import make_interp_spline

    points = random.uniform(0, 1, (int(random.integers(5, 10)), 2))
    curve = make_interp_spline(np.linspace(0, 1, len(points)), points, k=3)(np.linspace(0, 1, 200))
    return _stroke([curve], random)


def shape(random: Random) -> np.ndarray:
    """Return the outline of a triangle, a rectangle or a star, or a cross."""
    corners = int(random.integers(2, 6))
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False) + random.uniform(0, 2 * np.pi)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * random.uniform(0.6, 1, 2)
    if corners == 2:
        return _stroke([ring, ring[:, ::-1] * [1, -1]], random)
    order = np.arange(corners + 1) * (2 if corners == 5 else 1)
    return _stroke([ring[order % corners]], random)


def blobs(random: Random) -> np.ndarray:
    """Return smooth noise above a level."""
    from scipy import ndimage

    field = ndimage.gaussian_filter(random.normal(size=(SIZE, SIZE)), random.uniform(1.2, 3))
    middle = np.hypot(*np.mgrid[-13.5:14, -13.5:14]) < 10
    return np.asarray((8 * (field / field.std() - 0.3)).clip(0, 1) * middle)


def _stroke(lines: list[np.ndarray], random: Random) -> np.ndarray:
    from PIL import Image, ImageDraw

    image = Image.new("L", (SIZE * LARGE, SIZE * LARGE))
    width = int(LARGE * random.uniform(1.5, 3))
    every = np.concatenate(lines)
    low, most = every.min(axis=0), np.ptp(every, axis=0).max()
    for line in lines:
        placed = (line - low) / most * 20 * LARGE + 4 * LARGE
        ImageDraw.Draw(image).line([tuple(point) for point in placed], fill=255, width=width, joint="curve")
    return fitted(image)


def fitted(image: object) -> np.ndarray:
    """Return an image of ink, white on black, scaled into the box of MNIST and centred."""
    from pipelines.digits.pixels import centred

    return centred(np.asarray(image, dtype=np.float32) / 255)


def one_of(letters: str, random: Random, fonts: tuple[str, ...] = FONTS) -> np.ndarray:
    """Return one letter of some."""
    return written(letters[int(random.integers(len(letters)))], random, fonts)


def several(letters: str, random: Random) -> np.ndarray:
    """Return two or three letters of some."""
    return written("".join(random.choice(list(letters), int(random.integers(2, 4)))), random)


def of_digits(images: np.ndarray) -> list[np.ndarray]:
    """Return things made of digits: halves of two, two side by side, and digits that lie. images: (2 n, 1, 28, 28)."""
    count, half = len(images) // 2, SIZE // 2
    left, right = images[:count], images[count : 2 * count]
    return [
        np.concatenate([left[:, :, :half], right[:, :, half:]], axis=2),
        np.concatenate([left[..., :half], right[..., half:]], axis=3),
        np.maximum(np.roll(left, -5, axis=3), np.roll(right, 5, axis=3)),
        np.rot90(left, axes=(2, 3)),
    ]


TRAINED_ON: dict[str, Drawn] = {"scribbles": scribble, "shapes": shape, "blobs": blobs}
TESTED_ON: dict[str, Drawn] = {
    "letters": partial(one_of, LETTERS),
    "letters that look like digits": partial(one_of, ALIKE),
    "Greek letters": partial(one_of, GREEK),
    "symbols": partial(one_of, SYMBOLS, fonts=FONTS[:1]),
    "words": partial(several, LETTERS),
    "two or three digits": partial(several, "0123456789"),
}
