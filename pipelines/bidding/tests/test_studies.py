"""The studies: their lines are what their commands measure, on a part that is quick."""

import numpy as np
import pytest

from capstan.study import find
from capstan.study.record import FILE, Record
from models.auctions import replay
from models.auctions.pacing import Plan
from pipelines.bidding import protocol
from pipelines.bidding.studies.banners import study as banners
from pipelines.bidding.studies.clicks import click_models
from pipelines.bidding.studies.clicks import study as clicks
from pipelines.bidding.studies.compare import study as compare
from pipelines.bidding.studies.day import study as day
from tests.support.data import DATA_DIR


def lines(question):
    """Return the lines of a record."""
    return Record.of(find.folder("bidding", question) / FILE).frame()


@pytest.fixture(scope="module")
def impressions():
    return clicks.impressions(DATA_DIR)


def test_record_of_budgets_is_what_the_study_measures(served, parts):
    money = protocol.budget(parts[1]["history"], 16)
    log = protocol.episodes(parts[1]["auctions"])
    measured = compare.line(replay.replay(log, served.bidder.campaign(money), money))
    record = lines("compare").query("part == 'budgets' and budget == '1/16'").set_index("method").loc[compare.OWN]
    assert measured == pytest.approx({name: record[name] for name in measured})


def test_record_of_banners_is_what_the_study_measures():
    record = lines("banners")["clicks"]
    assert [line["clicks"] for line in banners.measured(DATA_DIR)] == pytest.approx(record.tolist())


def test_settings_of_clicks_are_those_of_the_record():
    record = lines("clicks").query("part == 'tuned'")
    assert {name: clicks.FAMILIES.best(record, name) for name in clicks.FAMILIES} == clicks.BEST


@pytest.mark.parametrize("kind", [click_models.Simple, click_models.Hashed, click_models.Boosted, click_models.Deep])
def test_model_of_clicks_ranks_them_and_is_calibrated(kind, impressions):
    from sklearn.metrics import roc_auc_score

    rows, clicked = impressions.head(6_000), impressions["click"].to_numpy()[:6_000]
    model = kind(0, **({"epochs": 3} if kind is click_models.Deep else {})).fit(rows[:4_500], clicked[:4_500])
    predictions = model.predict(rows[4_500:])
    assert roc_auc_score(clicked[4_500:], predictions) > 0.55 and predictions.mean() == pytest.approx(
        clicked.mean(), abs=0.05
    )


def test_click_of_a_row_that_is_predicted_has_no_effect(impressions):
    """The rates of clicks that LightGBM reads are those of other rows."""
    rows, clicked = impressions.head(3_000), impressions["click"].to_numpy()[:3_000]
    models = [click_models.Boosted(0, trees=20).fit(rows[:2_000], clicked[:2_000]) for _ in range(2)]
    planted = rows[2_000:].assign(click=1 - clicked[2_000:])
    assert np.array_equal(models[0].predict(rows[2_000:]), models[1].predict(planted))


def test_pairs_of_the_factorization_machine_are_their_products():
    import torch

    torch.manual_seed(0)
    net = click_models._network(20, 3, size=4, hidden=0)
    places = torch.tensor([[1, 7, 15], [2, 2, 19]])
    with torch.no_grad():
        outputs = net(places)
        vectors, weights = net.vector.weight, net.weight.weight[:, 0]
        for row, value in zip(places, outputs, strict=True):
            pairs = sum(float(vectors[row[a]] @ vectors[row[b]]) for a in range(3) for b in range(a))
            assert float(value) == pytest.approx(float(net.constant + weights[row].sum()) + pairs, abs=1e-5)


def test_day_spends_its_money_with_the_correction_and_not_without_pacing(parts, served):
    rows = parts[1]["auctions"].iloc[30_000:34_000]
    plan = Plan(protocol.budget(parts[1]["history"], 8, len(rows)), len(rows), 0.0, day.DAY)
    outcomes = {name: day.lived(rows, served, plan, day.traffic(day.DAYS[2], len(rows)), left)
            for name, left in day.ways(plan).items()}  # fmt: skip
    assert outcomes["by the forecast, corrected"]["spent"] > 0.95
    assert outcomes["by the forecast, corrected"]["expected"] > outcomes["linear, tuned, without pacing"]["expected"]
    assert all(outcome["spent"] <= 1 for outcome in outcomes.values())
