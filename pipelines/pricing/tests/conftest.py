"""The sales, and a demand that learned from the first stores: all of them take three times as long."""

import numpy as np
import pytest

from capstan import catalogue
from data_sets import orange_juice
from pipelines.pricing.studies import known
from tests.support.data import DATA_DIR

STORES = 30


@pytest.fixture(scope="session")
def sales():
    return orange_juice.sales(orange_juice.find(DATA_DIR))


@pytest.fixture(scope="session")
def parts():
    """The weeks of some stores: to learn from, and to test on."""
    sides = []
    for rows, past in known.weeks_of(DATA_DIR):
        mask = np.isin(rows.store, np.unique(rows.store)[:STORES])
        sides.append((rows.take(mask), past.take(np.repeat(mask, len(past) // len(rows)))))
    return tuple(sides)


@pytest.fixture(scope="session")
def learned(parts):
    from pipelines.pricing import demand

    return demand.fit(*parts[0])


@pytest.fixture(scope="session")
def model(parts, learned):
    """What is served, of some stores."""
    from pipelines.pricing import evidence
    from pipelines.pricing.model import PricingModel

    return PricingModel(learned, evidence.fit(*parts[0]), {})


@pytest.fixture(scope="session")
def task():
    return catalogue.load("pricing")
