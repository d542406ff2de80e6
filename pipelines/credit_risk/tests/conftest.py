"""The loans, and models fitted on four fifths of them."""

import pandas as pd
import pytest

from pipelines.credit_risk import task


@pytest.fixture(scope="session")
def loans() -> pd.DataFrame:
    return task.load(None)["loans"]


@pytest.fixture(scope="session")
def parts(loans) -> tuple[dict, dict]:
    return task.split({"loans": loans})


@pytest.fixture(scope="session")
def served(parts):
    """The model that a run with seed 0 serves."""
    return task.train(parts[0])


@pytest.fixture(scope="session", params=["splines", "boosting", "scorecard"])
def model(request, parts, served):
    return served if request.param == "splines" else task.train(parts[0], score=request.param)


@pytest.fixture(scope="session")
def held(parts) -> pd.DataFrame:
    return parts[1]["loans"].reset_index(drop=True)
