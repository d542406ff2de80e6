"""What is learned from labels, in a replay and in a run; two language models compared with their formula."""

import numpy as np
import pandas as pd
import pytest

from models.tokens.kneser_ney import KneserNey
from pipelines.spam import campaigns, costs, learned
from pipelines.spam.campaigns import CAMPAIGNS
from pipelines.spam.scores import Meant
from pipelines.spam.studies.campaign import study as campaign
from pipelines.spam.studies.tune.generative import Generative


@pytest.fixture(scope="module")
def replay(parts, served) -> dict:
    rows = campaign.stream(parts[1]["messages"].head(200), "a parcel that waits", seed=0)
    known = parts[0]["messages"].head(200)
    counted = {
        name: campaign.Known(Meant.counts(part["text"].tolist()), part["spam"].to_numpy().astype(int))
        for name, part in (("known", known), ("new", rows))
    }
    return counted | {"model": served, "rows": rows}


def test_campaign_begins_in_the_middle(replay):
    planted = replay["rows"]["planted"].to_numpy()
    assert not planted[:100].any() and 5 < planted.sum() < 40
    assert (
        replay["rows"].loc[planted, "text"].nunique() > 0.9 * planted.sum()
        and (replay["rows"].spam[planted] == 1).all()
    )


@pytest.mark.parametrize("way", campaign.WAYS)
def test_label_that_is_not_known_yet_has_no_effect(replay, way):
    new = replay["new"]
    late = np.where(np.arange(len(new.spam)) >= len(new.spam) - campaign.DELAY - 1, 1 - new.spam, new.spam)
    decisions = [
        campaign.replayed(way, replay["model"], replay["known"], campaign.Known(new.counts, spam))
        for spam in (new.spam, late)
    ]
    assert decisions[0].tolist() == decisions[1].tolist()


def test_without_learning_the_replay_is_what_the_model_answers(replay):
    decisions = campaign.replayed(campaign.WAYS[0], replay["model"], replay["known"], replay["new"])
    answers = replay["model"].decided(replay["rows"]["text"].tolist())["probability"]
    assert decisions.tolist() == costs.decided(answers).tolist()


def test_first_run_of_what_is_caught_counts_the_labels_known_by_then():
    planted = np.zeros(200, bool)
    planted[100::2] = True  # 50 messages of the campaign; the last 30 are put aside
    aside = planted & (np.arange(200) >= 140)
    line = campaign.line(aside, planted.astype(int) | (np.arange(200) < 50), planted)
    # The first is put aside at 140, when the labels of those before 120 are known: ten.
    assert line["labels"] == 10 and line["found"] == pytest.approx(0.6) and line["ham_lost"] == 0
    never = campaign.line(np.zeros(200, bool), planted.astype(int) | (np.arange(200) < 50), planted)
    assert never["labels"] is None


def test_messages_of_a_campaign_differ():
    random = np.random.default_rng(0)
    for name in CAMPAIGNS:
        assert len({campaigns.message(name, random) for _ in range(40)}) > 15


def test_margin_of_two_language_models_is_that_of_their_bytes():
    texts, spam = ["call now to win", "see you at home", "win a prize now", "at home now?"], np.array([1, 0, 1, 0])
    score = Generative(order=3).fit(Generative.counts(texts), spam)
    joined = {
        kind: b"\0\0" + b"\0\0".join(texts[i].encode() for i in np.flatnonzero(spam == kind)) + b"\0\0"
        for kind in (0, 1)
    }
    models = [KneserNey(np.frombuffer(joined[kind], np.uint8), 3, modified=False) for kind in (0, 1)]
    body = np.frombuffer(b"you win\0", np.uint8)
    expected = np.log(models[1].chances(body)).sum() - np.log(models[0].chances(body)).sum()
    assert score.margin(Generative.counts(["see", "you win", ""]))[1] == pytest.approx(expected)


def test_labelled_messages_are_learned_but_not_those_of_the_file_or_near_to_what_is_tested_on(parts):
    past, test = (part["messages"] for part in parts)
    long = test["text"][test["text"].str.len() > 100].iloc[0]
    new = pd.DataFrame(
        {"text": [past["text"].iloc[0], test["text"].iloc[0], f"{long} 7!", "Ur parcel waits!"], "spam": [0.0, 0, 0, 1]}
    )
    joined = learned.joined(past, test, new)
    assert joined.iloc[: len(past)].equals(past)
    assert joined.iloc[len(past) :][["text", "spam"]].to_numpy().tolist() == [["Ur parcel waits!", 1.0]]
    assert joined["number"].is_unique and not set(joined["number"]) & set(test["number"])
