"""What the tag of an image tells."""

from importlib.metadata import version

import pytest

from capstan import images
from capstan.settings import settings

OTHER = f"{version('capstan')}-0123456789abcdef"


@pytest.mark.parametrize(
    ("image", "told"),
    [
        ("registry.example.com:5000/capstan:{mine}", False),
        (f"capstan:{OTHER}", True),
        ("capstan:1", False),
        ("", False),
    ],
)
def test_image_of_other_code_is_told(monkeypatch, image, told):
    monkeypatch.setenv("CAPSTAN_IMAGE", image.format(mine=f"{version('capstan')}-{images.code_digest()}"))
    settings.cache_clear()
    said = images.other_code()
    settings.cache_clear()
    assert bool(said) == told
    assert OTHER in said or not told
