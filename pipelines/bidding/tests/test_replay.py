"""The replay: the figures that the paper's authors print, money that is never overspent, a log that is dealt."""

from functools import partial

import pytest

from capstan.errors import CapstanError
from data_sets import ipinyou as data
from models.auctions import bidders, replay, values
from pipelines.bidding import protocol, task
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def money(tables) -> int:
    return protocol.budget(tables["history"], 32)


def test_bids_of_a_constant_cost_of_a_click_have_the_printed_result(tables, whole, money):
    history = tables["history"].iloc[0]
    mcpc = bidders.Mcpc(history["cost"] / history["clicks"])
    outcome = replay.replay(whole, mcpc.campaign(money), money)
    assert (outcome.wins.sum(), outcome.clicks.sum(), outcome.spent.sum()) == (14_752, 48, 307_751)


def test_dynamic_programming_is_close_to_the_printed_result(tables, whole, money):
    """The authors print 39,658 wins, 78 clicks and a cost of 304,227: their table is rounded elsewhere."""
    history, counts = tables["history"].iloc[0], tables["prices"]["count"].to_numpy()
    table = values.table(counts, history["clicks"] / history["impressions"], protocol.EPISODE, money)
    outcome = replay.replay(whole, values.Values(table, 300).campaign(money), money)
    assert outcome.clicks.sum() == 78
    assert outcome.wins.sum() == pytest.approx(39_658, rel=1e-3) and outcome.spent.sum() == pytest.approx(
        304_227, rel=1e-3
    )


def test_replay_is_that_of_a_loop_over_the_auctions(tables, money):
    rows = tables["auctions"].head(2_500)
    bidder = bidders.Mcpc(14_000.0)
    wins, spent, left = 0, 0.0, money
    for index, (price, ctr) in enumerate(zip(rows["market_price"], rows["ctr"], strict=True)):
        left = money if index % protocol.EPISODE == 0 else left
        if min(int(14_000.0 * ctr), left) >= price:
            wins, spent, left = wins + 1, spent + price, left - price
    outcome = replay.replay(protocol.episodes(rows), bidder.campaign(money), money)
    assert (outcome.wins.sum(), outcome.spent.sum()) == (wins, spent)


def test_no_bidder_overspends_any_episode(served, whole):
    for money in (0, 1, 984, 31_508):
        for bidder in (served.bidder, *served.baselines.values()):
            outcome = replay.replay(whole, bidder.campaign(money), money)
            assert outcome.spent.max() <= money and (outcome.wins >= 0).all()


def test_parts_of_the_log_are_whole_episodes_in_their_order(tables, parts):
    past, test = (part["auctions"] for part in parts)
    assert len(past) % protocol.EPISODE == 0 and len(past) + len(test) == len(tables["auctions"])
    assert past["number"].max() < test["number"].min()
    shuffled = tables | {"auctions": tables["auctions"].sample(frac=1, random_state=0)}
    assert task.split(shuffled)[1]["auctions"].equals(test)


def test_what_is_tested_on_is_not_learned_from(parts, served):
    past, test = parts
    with pytest.raises(CapstanError, match="at least 5,000"):
        task.split(test | {"auctions": test["auctions"].head(900), "prices": past["prices"]})
    assert "prices" not in test
    log, money = protocol.episodes(past["auctions"].head(3_000)), protocol.budget(past["history"], 16)
    ctr = served.baselines["linear, tuned"].ctr
    turned = log._replace(click=1 - log.click)  # the clicks of the log have no part in what is tuned
    tuned, again = (
        bidders.best(part, partial(bidders.Linear, ctr), bidders.GRID.tolist(), money) for part in (log, turned)
    )
    assert tuned == again


def test_the_text_of_the_authors_is_read_as_the_parquet_file_is(tables, tmp_path):
    """A stand-in with the format of their file."""
    rows = tables["auctions"].head(300)
    text = "".join(f"{c:.0f} {p:.0f} {ctr!r}\n" for c, p, ctr in rows[data.COLUMNS].itertuples(index=False))
    (tmp_path / "log.txt").write_text(text)
    assert data.auctions(tmp_path / "log.txt").equals(rows)


def test_another_file_is_named(tmp_path):
    (tmp_path / "info.json").write_text('{"clk_train": 1}')
    with pytest.raises(CapstanError, match="lacks cost_train, imp_train"):
        data.tables(data.find(DATA_DIR)[0], tmp_path / "info.json")


def test_log_keeps_its_contract(tables):
    assert task.count(tables) == {"auctions": 156_063, "clicks": 530, "prices": 312_437}
    for name, schema in task.contracts().items():
        schema.validate(tables[name])
