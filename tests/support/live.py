"""A capstone's live predictions without a server: real houses in the log, with labels, and a reference next to them."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import orjson

from capstan import catalogue
from capstan.profile import profile
from monitoring import signals
from predictions import ids
from predictions.convert import convert_all
from predictions.labels import Actual, label_store

NAME, VERSION = "house_sale", "1"  # of tests/capstones
BATCH = 5_000
DELAY = timedelta(hours=1)


def write(home: Path, rows: int, now: datetime, days: int = 60, answered: datetime | None = None) -> None:
    """Write predictions of so many days until now, four fifths of them labelled, and the reference of their version.

    The last batch is still in the write-ahead log. answered: when, by default at their prediction time.
    """
    task, chance = catalogue.load(NAME), np.random.default_rng(0)
    houses = task.load(None)["houses"]
    houses = houses.assign(price=houses["sold_for"] * chance.normal(1, 0.1, len(houses)))
    past = (now - timedelta(days=days * (1 - place / len(houses))) for place in range(len(houses)))
    signals.write_reference(profile().storage(), NAME, VERSION, houses.assign(event_timestamp=list(past)))
    drawn = houses.iloc[chance.integers(len(houses), size=rows)].to_dict("records")
    first, step = now - timedelta(days=days), timedelta(days=days) / rows
    for start in range(0, rows, BATCH):
        lines, actuals = [], []
        for place, house in enumerate(drawn[start : start + BATCH], start):
            moment, id_ = first + place * step, ids.new()
            label, price = house.pop("sold_for"), house.pop("price")
            lines.append(
                orjson.dumps(_record(id_, moment, answered or moment, house, price), option=orjson.OPT_APPEND_NEWLINE)
            )
            if place % 5:
                actuals.append(Actual({id_: answered or moment}, str(label), min(moment + DELAY, now)))
            house |= {"sold_for": label, "price": price}
        convert_all(home / "predictions")
        segment = home / "predictions" / "wal" / f"{ids.new()}.jsonl"
        segment.parent.mkdir(parents=True, exist_ok=True)
        segment.write_bytes(b"".join(lines))
        label_store().add(NAME, actuals)


def _record(id_: str, at: datetime, answered: datetime, house: dict, price: float) -> dict:
    lists = {f"{kind}_features": [] for kind in ("missing", "expired", "future", "default")}
    about = {"model": NAME, "time": answered, "version": VERSION, "variant": "champion", "prediction_id": id_}
    about |= {"prediction_time": at, "inputs": orjson.dumps(house).decode(), "features": "{}"}
    return about | lists | {"prediction": orjson.dumps({"price": price}).decode(), "partial": False}
