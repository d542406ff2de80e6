"""Photographs of digits, simulated: what is found on each kind of page."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.digits import pages, pixels, strokes, tune

SHOWN = 12
RECORD = json.loads(Path(tune.__file__).with_suffix(".json").read_text())


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Return the correlation of two images, after each was moved and scaled as `pixels.centred` does."""
    return float(np.corrcoef(*(pixels.centred(image).ravel() for image in (one, other)))[0, 1])


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


def test_constants_are_those_of_the_record_or_within_chance_of_the_best():
    for name, values in tune.VALUES.items():
        lines = {line["value"]: line["read"] for line in RECORD if line["name"] == name}
        assert set(lines) == set(values) and lines[getattr(strokes, name)] > max(lines.values()) - 0.02


def test_page_without_a_digit_is_blank():
    random = np.random.default_rng(0)
    for kind in ("clean paper", "grey paper, noise", "ruled lines"):
        with pytest.raises(ValueError, match="it is blank: draw a digit"):
            pixels.from_file(pages.photographed(bytes(784), kind, random))
