"""The served model: prices, gaps that are filled in, intervals that hold, reasons that add up."""

import itertools
import math

import numpy as np
import pytest

from capstan.errors import CapstanError
from pipelines.house_price import gaps, reasons, stack, task
from pipelines.house_price.coding import PLACE
from pipelines.house_price.columns import INPUTS, NUMBERS, ORDINALS, WITHIN
from pipelines.house_price.schema import EXAMPLE


def asked(row: dict) -> dict:
    """The columns of one request, as the endpoint makes them."""
    return {name: [value] for name, value in task.Request(**row).model_dump().items()}


def test_prices_are_close_and_the_intervals_hold(quick, held):
    price, low, high = quick.prices(held)
    paid = held["sold_for"].to_numpy()
    assert np.median(np.abs(price / paid - 1)) < 0.06
    assert 0.86 < ((paid >= low) & (paid <= high)).mean() < 0.94
    assert (low < price).all() and (price < high).all()


@pytest.mark.parametrize("group", range(1, len(gaps.GROUPS)))
def test_intervals_hold_and_widen_where_less_is_known(quick, held, group):
    codes = quick.stack.coder.codes(held)
    less = gaps.without(codes, group, seed=5)
    assert (gaps.group(less) == group).all()
    _, low, high = quick.priced(less, quick.stack.coder.fill(less))
    paid = held["sold_for"].to_numpy()
    assert 0.86 < ((paid >= low) & (paid <= high)).mean() < 0.94
    before = quick.prices(held)
    assert ((high - low) / low).mean() > ((before[2] - before[1]) / before[1]).mean()


def test_what_is_given_is_kept_and_what_is_left_out_is_of_the_same_kind(quick, held):
    coder = quick.stack.coder
    codes = coder.codes(held)
    less = gaps.without(codes, 2, seed=1)
    filled, stated = coder.fill(less), ~np.isnan(less)
    assert np.array_equal(filled[stated], less[stated]) and not np.isnan(filled).any()
    baths = PLACE["full_baths"]
    gone = np.isnan(less[:, baths])
    wrong = np.abs(filled[gone, baths] - codes[gone, baths]).mean()
    assert wrong < 0.6 * np.abs(codes[gone, baths] - np.median(coder.houses[:, baths])).mean()


def test_three_fields_are_enough_and_the_rest_is_named(quick):
    row = {name: EXAMPLE[name] for name in ("neighborhood", "living_area", "year_built")}
    answers = quick.predict_columns(asked(row))
    assert 100_000 < answers["price"][0] < 250_000
    assert len(answers["assumed"][0]) == len(INPUTS) - 3 - 2 and answers["unusual"] == [[]]
    whole = task.Prediction(**{name: values[0] for name, values in answers.items()})
    assert whole.low < whole.price < whole.high and len(whole.reasons) == 6


def test_what_is_filled_in_is_accepted_as_a_request(quick, held):
    """As whole numbers, with no part above its whole: all 27 fields of a request, in each group of gaps."""
    coder = quick.stack.coder
    codes = coder.codes(held)
    ranked = {name: list(texts.values()) for name, (_, texts) in ORDINALS.items()}
    for group in range(1, len(gaps.GROUPS)):
        less = gaps.without(codes, group, seed=group)
        filled = coder.fill(less)
        gone = np.isnan(less)
        whole = [PLACE[name] for name in INPUTS if name not in ("latitude", "longitude")]
        assert (filled[:, whole] == np.rint(filled[:, whole]))[gone[:, whole]].all()
        for row, missing in zip(filled, gone, strict=True):
            fields = {name: float(row[PLACE[name]]) for name in NUMBERS}
            fields |= {name: texts[int(row[PLACE[name]])] for name, texts in (ranked | coder.levels).items()}
            # What the source itself states of both fields may break the contract's rule.
            stated = {
                name for pair in WITHIN.items() for name in pair if not any(missing[PLACE[part]] for part in pair)
            }
            task.Request(
                **{name: value for name, value in fields.items() if name not in stated - {"living_area", "year_built"}}
            )


def test_no_house_is_remodelled_before_it_is_built(quick):
    row = {"neighborhood": "Somerset", "living_area": 1_500}
    for year in range(1950, 2011, 6):
        [assumed] = quick.predict_columns(asked(row | {"year_built": year}))["assumed"]
        values = dict(text.split(" ", 1) for text in assumed)
        assert float(values["year_remodelled"]) >= year and float(values["basement_baths"]).is_integer()


def test_reasons_mark_what_was_assumed(quick):
    row = {name: EXAMPLE[name] for name in ("neighborhood", "living_area", "year_built", "overall_quality")}
    answers = quick.predict_columns(asked(row))
    fields = {text.split(" ", 1)[0] for text in answers["assumed"][0]}
    [found] = answers["reasons"]
    assert {reason["field"]: reason["assumed"] for reason in found} == {
        reason["field"]: reason["field"] in fields for reason in found
    }
    assert {reason["assumed"] for reason in found} == {True, False}


def test_a_house_beyond_all_others_is_named(quick):
    assert quick.predict_columns(asked(EXAMPLE | {"fireplaces": 5}))["unusual"] == [["fireplaces"]]


def test_reasons_add_up_to_the_price(quick, held):
    rows = held.head(5)
    explanation = quick.explain_columns(rows)
    assert explanation.base + explanation.contributions.sum(axis=1) == pytest.approx(quick.prices(rows)[0])
    named = quick.predict_columns(rows)["reasons"]
    for values, found in zip(explanation.contributions, named, strict=True):
        assert [reason["effect"] for reason in found] == pytest.approx(
            [values[INPUTS.index(reason["field"])] for reason in found]
        )


def test_sampled_shapley_values_are_near_the_exact_ones():
    """Of a function of five inputs with products, by its definition: Shapley, "A value for n-person games" (1953)."""

    def price(rows: np.ndarray) -> np.ndarray:
        return np.exp(rows[:, 0] / 2 + rows[:, 1] * rows[:, 2] / 4) + rows[:, 3] - rows[:, 4] ** 2

    house, baseline = np.arange(1.0, 6.0) / 2, np.zeros(5)

    def worth(players: tuple[int, ...]) -> float:
        mixed = baseline.copy()
        mixed[list(players)] = house[list(players)]
        return float(price(mixed[None])[0])

    exact = np.zeros(5)
    for player in range(5):
        rest = [member for member in range(5) if member != player]
        for size in range(5):
            share = math.factorial(size) * math.factorial(4 - size) / math.factorial(5)
            for players in itertools.combinations(rest, size):
                exact[player] += share * (worth((*players, player)) - worth(players))
    sampled = reasons.shapley(price, house, np.tile(baseline, (600, 1)))
    assert sampled == pytest.approx(exact, abs=0.05) and sampled.sum() == pytest.approx(exact.sum())


def test_weights_of_the_stack_find_the_best_member_and_the_mixture():
    random = np.random.default_rng(0)
    target = random.normal(12, 0.4, 2_000)
    noise = random.normal(0, 0.1, (2_000, 3))
    found = stack.weights(target[:, None] + noise * [1, 2, 40], target)
    assert found == pytest.approx([0.8, 0.2, 0.0], abs=0.03) and found.sum() == pytest.approx(1)


def test_unknown_members_are_named(parts):
    with pytest.raises(CapstanError, match="is no list of: boosting, vectors, net"):
        task.train(parts[0], members="forest")
