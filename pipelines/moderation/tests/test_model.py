"""What is served: words that add up, probabilities, decisions of least cost. No offending text stands here."""

import base64
import io

import numpy as np
import pytest

from capstan.errors import CapstanError
from models.encoder import minilm
from pipelines.moderation import decisions, reading, report, scores, task, training
from pipelines.moderation.data import CLASSES
from pipelines.moderation.schema import EXAMPLE, MILD, MOST, Prediction, Request
from pipelines.moderation.studies.robust import pictures

ODD = [
    "ok", ":)", "😀😀 😀", "\uff26\uff32\uff25\uff25 İstanbul ß", "é́ — “x”", "\n a\t\tb \n\n c ",
    "so " * 300, "a" * MOST, "\udcff?",
]  # fmt: skip


def asked(served, *texts: str) -> dict:
    return served.predict_columns({"text": list(texts)})


@pytest.mark.parametrize("text", [*ODD, EXAMPLE, MILD])
def test_parts_are_the_text_and_add_up_to_the_log_odds(served, text):
    answer = {name: column[0] for name, column in asked(served, text).items()}
    assert "".join(part["part"] for part in answer["parts"]) == text
    votes = served.score.votes(served.read([text]))[0] + served.levels
    odds = votes[CLASSES.index(answer["kind"])] - votes[CLASSES.index(answer["instead"])]
    assert odds >= 0
    assert answer["start"] + sum(part["effect"] for part in answer["parts"]) == pytest.approx(odds, abs=1e-3)
    Prediction.model_validate(answer)


def test_an_insult_and_a_kindness_are_told_apart(served):
    answers = asked(served, EXAMPLE, MILD)
    assert answers["kind"][1] == "neither"
    assert answers["probabilities"][0]["neither"] < answers["probabilities"][1]["neither"]


def test_answer_has_no_part_of_the_other_rows(served):
    together, alone = asked(served, EXAMPLE, MILD, "so " * 300), asked(served, EXAMPLE)
    assert together["probabilities"][0] == pytest.approx(alone["probabilities"][0], abs=1e-5)


def test_decision_has_the_least_expected_cost(served, parts):
    answers = asked(served, *parts[1]["tweets"]["text"].head(40))
    for decision, costs, shares in zip(answers["decision"], answers["costs"], answers["probabilities"], strict=True):
        assert decision == min(costs, key=lambda option: option["cost"])["decision"]
        expected = np.array([shares[name] for name in CLASSES]) @ decisions.COSTS
        assert [option["cost"] for option in costs] == pytest.approx(expected.tolist())


def test_every_decision_is_best_for_some_shares():
    grid = np.random.default_rng(0).dirichlet(np.ones(3), 2_000)
    assert set(decisions.expected(grid).argmin(axis=1)) == {0, 1, 2, 3}


def test_tweets_that_it_has_not_seen(served, parts):
    evaluation = task.evaluate(served, parts[1])
    assert evaluation.metrics["macro_f1"] > 0.6
    assert evaluation.metrics["log_loss"] < evaluation.metrics["log_loss_of_words"]
    for name in ("macro_f1", "log_loss", "cost"):
        assert evaluation.units[name].mean() == pytest.approx(evaluation.metrics[name])


def test_macro_f1_is_that_of_scikit_learn():
    from sklearn.metrics import f1_score

    labels, guess = np.random.default_rng(0).integers(3, size=(2, 500))
    values = report.values(np.eye(3)[labels], np.eye(3)[guess], guess)["macro_f1"]
    whole = f1_score(labels, guess, average="macro")
    assert values.mean() == pytest.approx(whole) and decisions.macro_f1(labels, guess) == pytest.approx(whole)


def test_votes_of_a_tweet_have_no_part_of_its_own_judgement(parts, weights):
    rows = parts[0]["tweets"]
    texts, shares = rows["text"].tolist(), training.shares_of(rows)
    read = reading.read(texts, minilm.shared(weights).embed(texts))
    for past, held in training.folds(rows["unit"].to_numpy(), 0):
        assert not set(rows["unit"].iloc[past]) & set(rows["unit"].iloc[held])
    turned = shares.copy()
    past, held = next(training.folds(rows["unit"].to_numpy(), 0))
    turned[held] = np.roll(shares[held], 1, axis=1)
    votes = [
        training.out_of_fold(scores.simple, read, truth, rows["unit"].to_numpy(), 0)[1][held]
        for truth in (shares, turned)
    ]
    assert votes[0] == pytest.approx(votes[1], abs=1e-9)


def test_names_and_addresses_are_neither_read_nor_kept():
    text = Request.model_validate({"text": "@anna_b see https://example.org/x?y or www.example.org"}).text
    assert text == "@user see (link) or (link)"
    assert Request.model_validate({"text": text}).text == text


def test_what_is_unlike_all_that_was_learned_from_is_said(served):
    answers = asked(served, "Bonjour, tu viens demain soir chez nous ?", "12345 !!", "a good film", "so " * 300)
    assert answers["unusual"] == [
        ["few of its words are known"], ["no letters"], [], ["longer than every text known"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"text": "  \n"}, "blank"),
        ({"text": ""}, "at least 1 character"),
        ({"text": "a" * (MOST + 1)}, f"at most {MOST} characters"),
        ({"text": 5}, "valid string"),
        ({}, "either a text or a picture"),
        ({"text": "ok", "author": "anna"}, "not permitted"),
    ],
)
def test_bad_input_is_named(asked, said):
    with pytest.raises(ValueError, match=said):
        Request.model_validate(asked)


def posted(text: str, kind: str = "black on white, 28 pixels") -> str:
    """Return a picture of a text as an endpoint takes it."""
    stream = io.BytesIO()
    pictures.drawn(text, **pictures.KINDS[kind]).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_of_a_picture_the_text_is_kept_alone():
    request = Request.model_validate({"picture": posted("Thank you all for coming!", "turned by 8 degrees")})
    assert request.text == "Thank you all for coming!" and request.picture is None
    assert Request.model_validate({"picture": posted("Thank you, @anna_b!")}).text == "Thank you, @user!"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"text": MILD, "picture": posted("")}, "either a text or a picture"),
        ({"picture": posted("")}, "no printed text that can be read"),
        ({"picture": base64.b64encode(b"GIF89a").decode()}, "not a PNG or JPEG"),
        ({"picture": base64.b64encode(bytes(500_001)).decode()}, "at most 500,000 are read"),
        ({"picture": "xx"}, "Base64"),
    ],
)
def test_a_request_without_a_readable_text_is_refused_with_the_reason(request_, said):
    with pytest.raises(ValueError, match=said):
        Request.model_validate(request_)


def test_bits_are_8_or_32(parts, weights):
    with pytest.raises(CapstanError, match="has 8 or 32"):
        task.train(parts[0], weights, bits=16)
