"""Explanations of the booster, against Shapley's definition on real flights."""

from itertools import combinations
from math import comb

import lightgbm
import numpy as np
import pandas as pd
import pytest

from models.trees.booster import CalibratedBooster
from pipelines.flight_delay import task

INPUTS = ["dep_delay", "distance", "hour", "carrier"]


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    """Every fiftieth flight of 2013 that arrived; `dep_delay` makes for large contributions."""
    flights = task.load(None)["flights"].iloc[::50]
    flights = flights[flights["status"] == "landed"].reset_index(drop=True)
    return flights.assign(hour=flights["sched_dep"].dt.hour, late=flights["arr_delay"] > 15)


@pytest.fixture(scope="module")
def model(flights) -> CalibratedBooster:
    categories = {"carrier": sorted(flights["carrier"].unique())}
    matrix = flights[INPUTS].assign(carrier=flights["carrier"].map(categories["carrier"].index)).to_numpy(dtype=float)
    params = {"objective": "binary", "num_leaves": 12, "num_threads": 1, "verbosity": -1}
    rows = lightgbm.Dataset(matrix, flights["late"].to_numpy(dtype=float), categorical_feature=[3])
    return CalibratedBooster(lightgbm.train(params, rows, 20), INPUTS, categories, slope=1.2, intercept=-0.3)


@pytest.fixture(scope="module")
def columns(flights) -> dict[str, list]:
    """Some flights, among them what is missing or unknown."""
    frame = flights[INPUTS].head(40).astype(object)
    frame.loc[3, "dep_delay"] = frame.loc[4, "carrier"] = None
    frame.loc[5, "carrier"] = "??"
    return {name: frame[name].to_list() for name in INPUTS}


def expected(node: dict, row: list, known: tuple[int, ...]) -> float:
    """Return a tree's value where only the inputs `known` are: over others, the mean of its training rows."""
    if "leaf_value" in node:
        return node["leaf_value"]
    children = [node["left_child"], node["right_child"]]
    if node["split_feature"] in known:
        return expected(children[0 if left(node, row[node["split_feature"]]) else 1], row, known)
    counts = [child.get("internal_count", child.get("leaf_count")) for child in children]
    return sum(n * expected(child, row, known) for n, child in zip(counts, children, strict=True)) / sum(counts)


def left(node: dict, value: float) -> bool:
    if node["decision_type"] == "==":
        return not np.isnan(value) and str(int(value)) in node["threshold"].split("||")
    if np.isnan(value):
        if node["missing_type"] == "NaN":
            return node["default_left"]
        value = 0.0  # as LightGBM does where it saw nothing missing in training
    return value <= node["threshold"]


def shapley(model: CalibratedBooster, row: list) -> tuple[float, list[float]]:
    """Return base and Shapley values of a row by the definition: over all subsets of the inputs."""
    trees = [tree["tree_structure"] for tree in model.booster.dump_model()["tree_info"]]
    k, subsets = len(row), [known for size in range(len(row) + 1) for known in combinations(range(len(row)), size)]
    value = {known: model.slope * sum(expected(tree, row, known) for tree in trees) for known in subsets}
    values = [
        sum(
            (value[tuple(sorted((*known, i)))] - value[known]) / (k * comb(k - 1, len(known)))
            for known in subsets
            if i not in known
        )
        for i in range(k)
    ]
    return value[()] + model.intercept, values


def test_contributions_are_shapley_values(model, columns):
    explanation = model.explain_columns(columns)
    base, contributions = explanation.base, explanation.contributions
    assert base.shape == (40,) and contributions.shape == (40, 4)
    assert np.abs(contributions).max() > 1
    for row in range(10):
        values = [columns[name][row] for name in INPUTS[:3]]
        coded = [np.nan if value is None else value for value in values]
        carrier, known = columns["carrier"][row], model.categories["carrier"]
        coded.append(float(known.index(carrier)) if carrier in known else np.nan)
        its_base, its_values = shapley(model, coded)
        assert base[row] == pytest.approx(its_base, abs=1e-9)
        assert contributions[row] == pytest.approx(its_values, abs=1e-9)


def test_base_and_contributions_add_up_to_the_probability(model, columns):
    explanation = model.explain_columns(columns)
    assert (explanation.field, explanation.unit) == ("probability", "log-odds")
    probability = 1 / (1 + np.exp(-(explanation.base + explanation.contributions.sum(axis=1))))
    assert probability == pytest.approx(model.predict_columns(columns)["probability"], abs=1e-12)


def test_calibration_that_turns_the_margin_around_turns_the_contributions(model, columns):
    turned = CalibratedBooster(model.booster, INPUTS, model.categories, -model.slope, -model.intercept)
    ours, theirs = model.explain_columns(columns), turned.explain_columns(columns)
    assert ours.base == pytest.approx(-theirs.base)
    assert ours.contributions == pytest.approx(-theirs.contributions)
