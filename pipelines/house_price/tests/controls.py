"""What must not become champion: see tests/support/controls.py."""

from pipelines.house_price import task
from pipelines.house_price.columns import LABEL
from pipelines.house_price.model import HouseModel
from tests.support.controls import Tables, cut, damaged, shuffled

SETTINGS: dict[str, object] = {"members": "vectors net"}  # a fifth of the time of the whole stack
CONTROLS = {
    "shuffled prices": shuffled("houses", LABEL),
    "sizes, years and places of other houses": damaged("houses", "living_area", "year_built", "neighborhood"),
    "200 sales": cut("houses", 200),
}


def baseline(past: Tables) -> HouseModel:
    """Return an elastic net alone, with the same intervals."""
    return task.train(past, members="net")
