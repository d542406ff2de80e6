"""The sales, and the model that a run serves."""

import pandas as pd
import pytest

from pipelines.house_price import task


@pytest.fixture(scope="session")
def houses() -> pd.DataFrame:
    return task.load(None)["houses"]


@pytest.fixture(scope="session")
def parts(houses) -> tuple[dict, dict]:
    return task.split({"houses": houses})


@pytest.fixture(scope="session")
def held(parts) -> pd.DataFrame:
    return parts[1]["houses"].reset_index(drop=True)


@pytest.fixture(scope="session")
def quick(parts):
    """A model without boosting, which takes most of the time: what is true of every stack."""
    return task.train(parts[0], members="vectors net")
