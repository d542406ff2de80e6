"""The capstones, a folder each. `capstan` makes old names importable, such as `pipelines.road`."""

import capstan

__all__ = ["capstan"]
