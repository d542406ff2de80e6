"""What is served: prices, bounds, approvals, and what is refused."""

import numpy as np
import pytest
from pydantic import ValidationError

from capstan.contract.client import sent_by
from capstan.errors import InvalidRow
from data_sets import orange_juice
from pipelines.pricing import approvals, demand, report, rules, shelves, task
from pipelines.pricing.columns import APPROVALS, BRANDS, COUNT, HIGHEST, HISTORY, LOWEST, PAST_WEEKS, STORE
from pipelines.pricing.model import PricingModel
from pipelines.pricing.schema import EXAMPLE, Event, Prediction, Request
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def model(learned):
    return PricingModel(learned, {})


@pytest.fixture(scope="module")
def known(sales):
    """What the feature store has of store 2 at the end."""
    return shelves.before(sales[sales[STORE] == 2]).iloc[-1].to_dict()


def asked(model, known, **fields):
    request = Request(**EXAMPLE | {"store": 2, "featured": []} | fields).model_dump()
    given = request | {name: known[name] for name in (PAST_WEEKS, *HISTORY.values(), LOWEST, HIGHEST, APPROVALS)}
    made = model.predict_columns({name: [given[name]] for name in model.inputs})
    return Prediction(**{name: value[0] for name, value in made.items()})


def test_proposals_earn_more_by_the_model_and_keep_the_rules(model, known):
    answer = asked(model, known)
    now, proposed = (np.array([getattr(one, name) for one in answer.proposals]) for name in ("now", "proposed"))
    assert answer.gain > 0 and answer.profit_low < answer.profit < answer.profit_high
    assert answer.gain_low <= answer.gain <= answer.gain_high
    assert (np.abs(proposed / now - 1) < rules.MOST_CHANGE + 0.01).all() and rules.ORDER.kept(proposed, now)
    assert answer.profit == pytest.approx(sum(one.profit for one in answer.proposals), abs=0.1)


def test_shelf_that_may_not_change_stays(model, known):
    answer = asked(model, known, most_change=0.0)
    assert all(one.proposed == one.now for one in answer.proposals)
    assert answer.gain == 0 and not answer.needs_approval


def test_featured_brand_keeps_its_price_and_sells_more(model, known):
    brand = BRANDS[4]
    plain, featured = (asked(model, known, featured=one, most_change=0.05) for one in ([], [brand]))
    assert featured.proposals[4].proposed == featured.proposals[4].now
    assert featured.proposals[4].packages > plain.proposals[4].packages


def test_dearer_costs_raise_prices(model, known):
    usual = [one.now for one in asked(model, known).proposals]
    cheap, costly = (
        asked(model, known, prices=usual, costs=[share * one for one in usual], most_change=0.2)
        for share in (0.4, 0.85)
    )
    pairs = zip(cheap.proposals, costly.proposals, strict=True)
    assert np.mean([late.proposed - early.proposed for early, late in pairs]) > 0.1 and costly.profit < cheap.profit


def test_curves_have_bands_and_demand_falls(model, known):
    answer = asked(model, known)
    price, packages, low, high = np.array(answer.demand).T
    assert (np.diff(packages) < 0).all() and (low <= packages).all() and (packages <= high).all()
    assert len(price) == len(answer.earned) == 17 and answer.elasticity < -0.5


def test_price_that_was_never_asked_needs_a_person_once(model, known):
    high = known[HIGHEST][0]
    usual = [one.now for one in asked(model, known).proposals]
    first = asked(model, known, prices=[round(high * 1.1, 2), *usual[1:]], most_change=0.0)
    assert first.needs_approval and "the most that this store has asked" in first.proposals[0].approval
    event = Event(store=2, brand=BRANDS[0], price=first.proposals[0].proposed)
    before = {name: list(value) for name, value in known.items() if name in FEATURES}
    assert approvals.added(event, before)[APPROVALS][0].endswith("by unauthenticated")
    with sent_by("category-manager"):
        after = approvals.added(event, before)
    assert task.alarm(model, event, after) == f"Store 2: {after[APPROVALS][0]}"
    again = asked(model, known | after, prices=[round(high * 1.1, 2), *usual[1:]], most_change=0.0)
    assert not again.proposals[0].approval and "by category-manager" in again.approvals[0]


FEATURES = (LOWEST, HIGHEST, APPROVALS)


def test_approval_in_the_name_of_another_is_refused():
    with pytest.raises(ValidationError, match="approved_by"):
        Event(store=2, brand=BRANDS[0], price=3, approved_by="category manager")


@pytest.mark.parametrize(("price", "said"), [(2.99, "needs no approval"), (9.99, "is far from")])
def test_approval_that_makes_no_sense_is_refused(known, price, said):
    event = Event(store=2, brand=BRANDS[0], price=price)
    with pytest.raises(InvalidRow, match=said):
        approvals.added(event, {name: list(known[name]) for name in FEATURES})


def test_store_without_history_is_refused(model, known):
    with pytest.raises(InvalidRow, match="store 2 has no history"):
        asked(model, known | {PAST_WEEKS: None})
    with pytest.raises(InvalidRow, match="store 999 has no history"):
        asked(model, known, store=999)
    with pytest.raises(InvalidRow, match="has no history"):
        approvals.added(Event(store=999, brand=BRANDS[0], price=3), {HIGHEST: None})
    with pytest.raises(InvalidRow, match="the last week known of store 2"):
        asked(model, known, week="1993-10-07")
    with pytest.raises(InvalidRow, match="the week is over"):
        asked(model, known, week="1992-09-24")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"store": "two"}, "valid integer"),
        ({"store": 0}, "greater than or equal to 1"),
        ({"week": "1992-10-09"}, "expected a Thursday"),
        ({"week": "next week"}, "at least 10|at most 10|expected a Thursday"),
        ({"brand": "Apple juice"}, "Input should be 'Tropicana"),
        ({"prices": [2.0]}, "1 values; 11 are needed"),
        ({"prices": [2.0] * 12}, "at most 11"),
        ({"prices": [0.01] * COUNT}, "greater than or equal to 0.3"),
        ({"most_change": 0.9}, "less than or equal to 0.3"),
        ({"colour": "orange"}, "not permitted"),
    ],
)
def test_bad_request_is_refused(fields, said):
    with pytest.raises(ValidationError, match=said):
        Request(**EXAMPLE | fields)


def test_forecast_is_better_than_last_week_and_bands_hold(parts, learned):
    rows, past = parts[1]
    made = learned.forecast(rows, past)
    last = past.sold.reshape(len(rows), -1, COUNT)[:, -1]
    assert np.abs(made - rows.sold).mean() < 0.75 * np.abs(last - rows.sold).mean()
    assert (np.abs(made - rows.sold) < report.WIDTH * learned.noise).mean() > 0.65


def test_own_elasticities_are_near_the_published_ones(learned):
    """The data's own figure, log-log with store effects: -1.0 to -4.1, and -2.74 of the first brand."""
    own = np.array([model.fixed[demand.OWN] for model in learned.brands])
    assert -3.3 < own[0] < -2.2 and (own < -0.9).all() and (own > -4.6).all()


def test_column_with_the_answer_has_no_effect():
    tables = task.load(DATA_DIR)
    planted = {"sales": tables["sales"].assign(answer=tables["sales"]["sold"])}
    one, two = (shelves.to_sell(part["sales"].head(11 * 200)) for part in (tables, planted))
    assert one.equals(two) and orange_juice.FILE in task.files(DATA_DIR)
