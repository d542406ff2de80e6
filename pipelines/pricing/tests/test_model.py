"""What is served: prices, bounds, approvals, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from capstan.contract.client import sent_by
from capstan.errors import InvalidRow
from data_sets import orange_juice
from pipelines.pricing import approvals, demand, evidence, report, rules, shelves, task
from pipelines.pricing.columns import APPROVALS, BRANDS, COUNT, HIGHEST, HISTORY, LOWEST, PAST_WEEKS, SEEN, STORE
from pipelines.pricing.model import PricingModel
from pipelines.pricing.schema import EXAMPLE, Event, Prediction, Request
from pipelines.pricing.tests.conftest import STORES
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def known(sales):
    """What the feature store has of store 2 at the end."""
    return shelves.before(sales[sales[STORE] == 2]).iloc[-1].to_dict()


def asked(model, known, **fields):
    request = Request(**EXAMPLE | {"store": known.get(STORE, 2), "featured": []} | fields).model_dump()
    inputs = request | {name: known[name] for name in (PAST_WEEKS, *HISTORY.values(), *SEEN, APPROVALS)}
    columns = model.predict_columns({name: [inputs[name]] for name in model.inputs})
    return Prediction(**{name: value[0] for name, value in columns.items()})


@pytest.fixture(scope="module")
def stores(sales):
    """What the feature store has of each store of the model."""
    rows = shelves.before(sales[sales[STORE].isin(sales[STORE].unique()[:STORES])]).groupby(STORE).last()
    return [row.to_dict() | {STORE: store} for store, row in rows.iterrows()]


@pytest.fixture(scope="module")
def sure(model):
    """The same model, as if its elasticities were known, and all that it predicts came true: it changes prices."""
    brands = [replace(brand, covariance=0 * brand.covariance, spread=0 * brand.spread) for brand in model.demand.brands]
    known = replace(model.demand, brands=brands, doubt=0 * model.demand.doubt)
    return PricingModel(known, replace(model.evidence, share=np.ones(COUNT), error=np.full(COUNT, 0.01)), {})


def test_proposals_gain_and_keep_the_rules(sure, stores):
    answer = asked(sure, stores[0])
    assert answer.decision == "change" and not answer.reason
    usual, proposed = (
        np.array([getattr(proposal, name) for proposal in answer.proposals]) for name in ("usual", "proposed")
    )
    assert answer.gain > answer.gain_low > 0 and answer.profit_low < answer.profit < answer.profit_high
    assert (np.abs(proposed / usual - 1) < rules.MOST_CHANGE + 0.01).all()
    assert answer.profit == pytest.approx(sum(proposal.profit for proposal in answer.proposals), abs=0.1)


@pytest.mark.parametrize("which", ["model", "sure"])
def test_a_shelf_that_is_asked_again_with_its_own_answer_stays(which, stores, request):
    """Eight times: the anchor is the usual price, and not the last proposal."""
    of, known = request.getfixturevalue(which), stores[0]
    first = prices = [proposal.proposed for proposal in asked(of, known).proposals]
    for _ in range(8):
        prices = [proposal.proposed for proposal in asked(of, known, prices=prices).proposals]
    assert prices == first


def test_raising_all_prices_is_no_answer(sure, stores):
    """It was that of 98 % of the proposals, which the data say nothing of."""
    for known in stores[:2]:
        prices = [(proposal.usual, proposal.proposed) for proposal in asked(sure, known).proposals]
        assert any(proposed <= usual for usual, proposed in prices)


def test_where_the_interval_of_the_gain_reaches_zero_usual_prices_stay(model, stores):
    unsure = PricingModel(model.demand, replace(model.evidence, share=np.ones(COUNT), error=np.full(COUNT, 0.5)), {})
    answer = asked(unsure, stores[0])
    assert answer.decision.startswith("keep") and "the data cannot carry" in answer.reason and answer.gain == 0
    assert all(proposal.proposed == proposal.usual for proposal in answer.proposals)
    (trial,) = answer.experiment
    assert trial.brand in BRANDS and trial.trial != trial.usual and 4 <= trial.weeks <= 26 and trial.detects > 0


def test_brand_whose_predictions_did_not_come_true_stays(model, stores):
    proven = model.evidence.proven
    assert proven.any() and not proven.all()
    for known in stores[:3]:
        for proposal, moves in zip(asked(model, known).proposals, proven, strict=True):
            assert bool(proposal.kept) == (not moves) and (moves or proposal.proposed == proposal.usual)


def test_shelf_that_may_not_change_stays(model, known):
    answer = asked(model, known, most_change=0.0)
    assert all(proposal.proposed == proposal.now for proposal in answer.proposals)
    assert answer.gain == 0 and not answer.needs_approval and not answer.experiment


def test_featured_brand_keeps_its_price_and_sells_more(model, known):
    brand = BRANDS[4]
    plain, featured = (asked(model, known, featured=brands, most_change=0.05) for brands in ([], [brand]))
    assert featured.proposals[4].proposed == featured.proposals[4].now
    assert featured.proposals[4].packages > plain.proposals[4].packages


def test_curves_have_bands_and_demand_falls(model, known):
    answer = asked(model, known)
    price, packages, low, high = np.array(answer.demand).T
    assert (np.diff(packages) < 0).all() and (low <= packages).all() and (packages <= high).all()
    assert len(price) == len(answer.earned) == 17 and answer.elasticity < -0.5


def test_price_that_was_never_asked_needs_a_person_once(model, known):
    high = known[HIGHEST][0]
    usual = [proposal.usual for proposal in asked(model, known).proposals]
    advertised = {"prices": [round(high * 1.1, 2), *usual[1:]], "featured": [BRANDS[0]]}
    first = asked(model, known, **advertised)
    assert first.needs_approval and "the most that this store has asked" in first.proposals[0].approval
    event = Event(store=2, brand=BRANDS[0], price=first.proposals[0].proposed)
    before = {name: list(value) for name, value in known.items() if name in FEATURES}
    assert approvals.added(event, before)[APPROVALS][0].endswith("by unauthenticated")
    with sent_by("category-manager"):
        after = approvals.added(event, before)
    assert task.alarm(model, event, after) == f"Store 2: {after[APPROVALS][0]}"
    again = asked(model, known | after, **advertised)
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
        ({"most_change": 0.9}, "less than or equal to 0.2"),
        ({"colour": "orange"}, "not permitted"),
    ],
)
def test_bad_request_is_refused(fields, said):
    with pytest.raises(ValidationError, match=said):
        Request(**EXAMPLE | fields)


def test_forecast_is_better_than_last_week(parts, learned):
    rows, past = parts[1]
    forecast = learned.forecast(rows, past)
    last = past.sold.reshape(len(rows), -1, COUNT)[:, -1]
    assert np.abs(forecast - rows.sold).mean() < 0.75 * np.abs(last - rows.sold).mean()


def test_band_of_profit_holds_on_the_last_weeks(parts, model):
    """80 % are promised: of whole shelves, whose brands err together in a week."""
    rows, past = parts[1]
    assert 0.75 <= report.inside(model.evidence, model.demand.forecast(rows, past), rows).mean() <= 0.85


def test_version_from_before_the_evidence_is_measured(parts, learned):
    """The gate compares with it: nothing of it is proven, and its band is a point."""
    rows, past = parts[1]
    assert not evidence.NONE.proven.any()
    assert report.inside(evidence.NONE, learned.forecast(rows, past), rows).mean() < 0.01


def test_own_elasticities_are_near_the_published_ones(learned):
    """The data's own figure, log-log with store effects: -1.0 to -4.1, and -2.74 of the first brand."""
    own = np.array([model.fixed[demand.OWN] for model in learned.brands])
    assert -3.3 < own[0] < -2.2 and (own < -0.9).all() and (own > -4.6).all()


def test_column_with_the_answer_has_no_effect():
    tables = task.load(DATA_DIR)
    planted = {"sales": tables["sales"].assign(answer=tables["sales"]["sold"])}
    plain, changed = (shelves.to_sell(part["sales"].head(11 * 200)) for part in (tables, planted))
    assert plain.equals(changed) and orange_juice.FILE in task.files(DATA_DIR)
