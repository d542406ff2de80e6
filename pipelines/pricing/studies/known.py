"""The weeks to learn from and those to test on, with what was known before each, as Feast joins them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP, TRAINING_SET
from capstan.settings import settings
from pipelines.pricing import demand, evidence, shelves, task
from pipelines.pricing.columns import STORE
from pipelines.pricing.model import PricingModel
from pipelines.pricing.shelves import Shelves

VALIDATION = 122  # the first of the thirteen weeks before those that test
Part = tuple[Shelves, Shelves]  # weeks, and the eight before each


def joined(data_dir: Path | None) -> pd.DataFrame:
    """Return a row per store and week with what was known before it: as a request has it, too."""
    tables = task.load(data_dir)
    rows = task.entity_rows(tables).sort_values(EVENT_TIMESTAMP)
    known = task.feature_tables(tables)["shelf"].sort_values(EVENT_TIMESTAMP)
    return pd.merge_asof(rows, known, on=EVENT_TIMESTAMP, by=STORE)


def weeks_of(data_dir: Path | None, test_from: int = task.TEST_FROM) -> tuple[Part, Part]:
    """Return the weeks to learn from and those to test on. test_from: the number of the first of these."""
    past, test = (part["weeks"] for part in task.split({TRAINING_SET: joined(data_dir)}, test_from))
    return (shelves.sold_weeks(past), shelves.history(past)), (shelves.sold_weeks(test), shelves.history(test))


@cache
def parts(test_from: int = task.TEST_FROM) -> tuple[Part, Part]:
    """Return the same of the data folder."""
    return weeks_of(settings().data_dir, test_from)


@cache
def learned() -> demand.Demand:
    """Return the demand of the weeks to learn from."""
    return demand.fit(*parts()[0])


@cache
def model() -> PricingModel:
    """Return what is served, of the weeks to learn from."""
    return PricingModel(learned(), evidence.fit(*parts()[0]), {})


def taken(part: Part, kept: np.ndarray) -> Part:
    """Return some of the weeks. kept: which, as booleans."""
    rows, past = part
    return rows.take(kept), past.take(np.repeat(kept, len(past) // len(rows)))


def until(past: Part) -> Part:
    """Return the last thirteen weeks of those to learn from."""
    return taken(past, past[0].week >= VALIDATION)
