"""Leaks that are planted: the price in a column, a copy of a house to test on, and what others could give away."""

import numpy as np
import pandas as pd
import pytest

from pipelines.house_price import stack, task
from pipelines.house_price.columns import INPUTS
from pipelines.house_price.members import Net

ALONE = {"net": Net}


def test_parts_share_no_house(parts):
    past, test = (part["houses"] for part in parts)
    assert len(past) + len(test) == 2930 and not set(past.index) & set(test.index)
    assert past[INPUTS].merge(test[INPUTS], on=INPUTS).empty


def test_the_price_in_another_column_has_no_effect(parts, held):
    rows = parts[0]["houses"].head(500)
    planted = rows.assign(assessed=rows["sold_for"], sale_condition="Normal")
    models = [
        stack.Stack(ALONE, np.ones(1)).fit(frame, np.log(frame["sold_for"].to_numpy())) for frame in (rows, planted)
    ]
    prices = [model.predict(model.coder.fill(model.coder.codes(held))) for model in models]
    assert np.array_equal(*prices)


def test_copies_of_houses_would_have_had_an_effect(houses):
    few, others = houses.head(150), houses.iloc[150:500]
    errors = []
    for rows in (others, pd.concat([others, *[few] * 3])):
        model = stack.Stack(ALONE, np.ones(1)).fit(rows, np.log(rows["sold_for"].to_numpy()))
        errors.append(np.abs(model.predict(model.coder.fill(model.coder.codes(few))) - np.log(few["sold_for"])).mean())
    assert errors[1] < 0.8 * errors[0]


def test_a_price_does_not_depend_on_what_is_asked_with_it(quick, held):
    alone = np.concatenate([quick.prices(held.iloc[[row]])[0] for row in range(10)])
    assert alone == pytest.approx(quick.prices(held)[0][:10])


def test_folds_of_the_stack_hold_every_row_once():
    held = np.concatenate([rows for _, rows in stack.folds(103, seed=3)])
    assert sorted(held) == list(range(103))
    assert all(not set(past) & set(rows) for past, rows in stack.folds(103, seed=3))


def test_split_is_the_same_each_time(houses):
    assert task.split({"houses": houses})[1]["houses"].index.equals(task.split({"houses": houses})[1]["houses"].index)
