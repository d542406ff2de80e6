"""Image files of all kinds, as the networks see them."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw
from pydantic import ValidationError

from capstan.contract.pixel_budget import PixelBudget
from pipelines.digits import pixels, task
from pipelines.digits.tests.small import encoded


def claiming(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes whose header names a size."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def png(image: Image.Image, kind: str = "png") -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def drawn(size=(280, 280), ink="white", paper="black", corner=(150, 60)) -> Image.Image:
    """Return a drawing: a seven of two strokes."""
    image = Image.new("RGB", size, paper)
    x, y = corner
    ImageDraw.Draw(image).line([(x, y), (x + 70, y), (x + 30, y + 130)], fill=ink, width=16, joint="curve")
    return image


def test_images_of_mnist_stay_as_they_are(parts):
    contents = parts[1]["pixels"].iloc[:300].tolist()
    seen = np.stack([pixels.from_file(pixels.to_png(content)) for content in contents])
    changed = np.abs(seen - pixels.from_bytes(contents)).max(axis=(1, 2, 3))
    assert (changed > 0.01).mean() < 0.05


def test_small_digit_in_a_corner_of_an_image_of_this_size_is_scaled_and_centred(parts):
    content = parts[1]["pixels"].iloc[0]
    half = Image.frombytes("L", (28, 28), content).resize((14, 14), Image.Resampling.BOX)
    corner = Image.new("L", (28, 28))
    corner.paste(half, (13, 13))
    there, seen = pixels.from_bytes([content])[0], pixels.from_file(png(corner))
    assert np.corrcoef(there.ravel(), seen.ravel())[0, 1] > 0.7
    assert np.corrcoef(there.ravel(), np.asarray(corner).ravel())[0, 1] < 0.2


@pytest.mark.parametrize(
    "image",
    [
        drawn(),
        drawn(ink="black", paper="white"),
        drawn(corner=(20, 120)),
        drawn(size=(400, 700), corner=(200, 500)),
        drawn(ink=(90, 90, 90)),
    ],
)
def test_colours_place_and_size_do_not_matter(image):
    seen, usual = pixels.from_file(png(image)), pixels.from_file(png(drawn()))
    assert seen.shape == (1, 28, 28) and seen.dtype == np.float32
    assert np.abs(seen - usual).mean() < 0.03


def test_ink_fills_the_box_around_the_middle():
    [seen] = pixels.from_file(png(drawn()))
    rows, _columns = np.nonzero(seen > 0.2)
    assert rows.max() - rows.min() + 1 == pixels.BOX
    weights = seen / seen.sum()
    for axis in (0, 1):
        assert float((weights.sum(axis=1 - axis) * np.arange(28)).sum()) == pytest.approx(
            14, abs=0.6
        )  # as MNIST has it


def test_photograph_and_transparent_drawing_are_read():
    assert np.abs(pixels.from_file(png(drawn(), "jpeg")) - pixels.from_file(png(drawn()))).mean() < 0.02
    layer = drawn().convert("L")
    clear = Image.merge("LA", (Image.new("L", layer.size, 255), layer))
    assert np.abs(pixels.from_file(png(clear)) - pixels.from_file(png(drawn()))).mean() < 0.02


def test_a_photograph_is_turned_as_its_camera_says():
    turned, stream, exif = drawn().convert("RGB").rotate(90, expand=True), io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # to be shown a quarter to the right
    turned.save(stream, "png", exif=exif)
    assert (pixels.from_file(stream.getvalue()) == pixels.from_file(png(drawn().convert("RGB")))).all()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not a PNG or JPEG image"),
        (b"no image at all", "is not a PNG or JPEG image"),
        (png(drawn())[:200], "is not a PNG or JPEG image"),
        (png(drawn(), "gif"), "is not a PNG or JPEG image"),
        (png(Image.new("L", (28, 28))), "it is blank: draw a digit"),
        (png(Image.new("RGB", (300, 300), "white")), "it is blank: draw a digit"),
        (png(Image.new("1", (5_000, 10))), "it has 5000 x 10 pixels; at most 4096 a side are read"),
        (claiming(20_000, 20_000), "is not a PNG or JPEG image that can be read .DecompressionBombError"),
        (claiming(4_000, 4_000), "is not a PNG or JPEG image"),
        (png(Image.linear_gradient("L").point(lambda x: 255 * (x == 9)).resize((4_000, 1))), "blank|thin"),
        (png(drawn()) + bytes(600_000), "at most 500,000 are read. Send a smaller image"),
    ],
)
def test_bad_image_is_refused_in_words(content, problem):
    with pytest.raises(ValidationError, match=problem):
        task.Request.model_validate({"image": encoded(content)})


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_damaged_image_is_read_or_refused(kind):
    whole, chance = np.frombuffer(png(drawn((60, 60), corner=(5, 5)), kind), np.uint8), np.random.default_rng(0)
    refused = 0
    for _ in range(400):
        damaged = whole[: chance.integers(20, len(whole) + 1)].copy()
        places = chance.integers(0, len(damaged), size=chance.integers(1, 6))
        damaged[places] = chance.integers(0, 256, size=len(places), dtype=np.uint8)
        try:
            assert pixels.from_file(damaged.tobytes()).shape == (1, 28, 28)
        except ValueError:
            refused += 1
    assert refused > 50


def squares(*corners: tuple[int, int], side: int = 40) -> bytes:
    image = Image.new("L", (200, 200), "white")
    for x, y in corners:
        ImageDraw.Draw(image).rectangle((x, y, x + side, y + side), outline="black", width=6)
    return png(image)


def test_two_things_are_refused_and_one_is_not():
    pixels.from_file(squares((20, 20)))
    with pytest.raises(ValueError, match="it shows more than one thing: cut it to one digit"):
        pixels.from_file(squares((20, 20), (140, 140)))


def test_images_of_a_request_have_a_budget():
    budget, request = PixelBudget(2 * 280 * 280), {"image": encoded(png(drawn()))}
    for _ in range(2):
        task.Request.model_validate(request, context={PixelBudget: budget})
    with pytest.raises(ValidationError, match="may have 156,800 pixels together"):
        task.Request.model_validate(request, context={PixelBudget: budget})


def test_request_without_an_image_or_with_more_is_refused():
    for request in ({}, {"image": "%%%"}, {"image": encoded(png(drawn())), "digit": 7}):
        with pytest.raises(ValidationError):
            task.Request.model_validate(request)
