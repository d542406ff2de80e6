"""Photographs of digits, simulated: what is found on each kind of page."""

import numpy as np
import pytest

from capstan.study import find
from capstan.study.record import FILE, Record
from models.vision import strokes
from pipelines.digits import pages, pixels
from pipelines.digits.studies.tune import study as tune

SHOWN = 12


def alike(*images: np.ndarray) -> float:
    """Return the correlation of two images, after each was moved and scaled as `pixels.centred` does."""
    return float(np.corrcoef(*(pixels.centred(image).ravel() for image in images))[0, 1])


@pytest.mark.parametrize("kind", pages.KINDS)
def test_digit_on_a_page_is_cut_out_as_it_was(kind, parts):
    random, found = np.random.default_rng(0), []
    for content in parts[0]["pixels"].tail(SHOWN):
        photograph = pages.photographed(content, kind, random)
        try:
            found.append(alike(pixels.from_file(photograph)[0], pixels.from_bytes([content])[0, 0]))
        except ValueError:
            found.append(0.0)
    assert np.median(found) > 0.5
    assert np.mean(np.array(found) > 0.3) > 0.8


def test_constants_are_those_of_the_record_or_about_as_good_as_the_best():
    record = Record.of(find.folder("digits", "tune") / FILE).frame()
    for name, values in tune.VALUES.items():
        read = record[record["name"] == name].set_index("value")["read"]
        assert set(read.index) == set(values) and read[getattr(strokes, name)] > read.max() - 0.02


def test_page_without_a_digit_is_blank():
    random = np.random.default_rng(0)
    for kind in ("clean paper", "grey paper, noise", "ruled lines"):
        with pytest.raises(ValueError, match="it is blank: draw a digit"):
            pixels.from_file(pages.photographed(bytes(784), kind, random))
