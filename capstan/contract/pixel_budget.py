"""How many pixels the images of one request may unpack to: a file of a few kilobytes may hold sixteen million.

The validators of a `Request` get the budget as pydantic's context, and take from it before they unpack an image.
"""

from typing import Any


class PixelBudget:
    """The pixels that the images of one request may still have. left: of them, where some are taken already."""

    def __init__(self, pixels: int, left: int | None = None):
        self.pixels = pixels
        self.left = pixels if left is None else left

    def take(self, width: int, height: int) -> None:
        """Count an image. Raises ValueError, in words for the sender, when it is too much."""
        self.left -= width * height
        if self.left < 0:
            raise ValueError(
                f"the images of a request may have {self.pixels:,} pixels together; send fewer or smaller ones"
            )


def budget_of(context: Any) -> PixelBudget | None:
    """Return the budget in the context of a validation; None outside of the endpoint."""
    return context.get(PixelBudget) if isinstance(context, dict) else None
