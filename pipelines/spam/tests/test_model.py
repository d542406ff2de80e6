"""What is served: reasons that add up, decisions from costs, what is unusual."""

import numpy as np
import pytest
from scipy.special import logit

from pipelines.spam import costs, grams, reasons, report, task
from pipelines.spam.schema import EXAMPLE, MOST

ODD = ["ok", "0800", "😀😀 😀", "\uff26\uff32\uff25\uff25 İstanbul ß", "é́ — “x”", "\n a\t\tb ", "a" * MOST, "\udcff?"]


@pytest.fixture(scope="module")
def answers(served, held):
    return served.predict_columns({"text": held})


def test_parts_are_the_text_and_add_up_to_the_probability(served, held, answers):
    odds = logit(np.clip(answers["probability"], 1e-300, 1 - 1e-16))
    for text, parts, start, odd in zip(held, answers["parts"], answers["start"], odds, strict=True):
        assert "".join(part["part"] for part in parts) == text
        if abs(odd) < 15:
            assert start + sum(part["effect"] for part in parts) == pytest.approx(odd, abs=1e-6)


@pytest.mark.parametrize("text", ODD)
def test_whatever_is_written_is_divided_up(served, text):
    divided = served.predict_columns({"text": [text]})
    [parts] = divided["parts"]
    assert "".join(part["part"] for part in parts) == text
    assert divided["start"][0] + sum(part["effect"] for part in parts) == pytest.approx(served.margin([text])[0])


def test_reasons_say_what_leaving_them_out_would_change(served):
    runs, values = reasons.effects(served.score, EXAMPLE)
    assert len(runs) == len(grams.words(EXAMPLE)) + len(grams.characters(EXAMPLE))
    counts = served.counts([EXAMPLE])
    *known, meant = served.score.parts(counts)[0]
    assert values.sum() == pytest.approx(sum(known))
    assert values.sum() + meant + served.score.intercept == pytest.approx(served.score.margin(counts)[0])
    answer = served.predict_columns({"text": [EXAMPLE]})
    assert answer["meaning"] == [pytest.approx(served.line[0] * meant, abs=1e-5)]
    [listed] = answer["reasons"]
    sizes = [abs(reason["effect"]) for reason in listed]
    assert sizes == sorted(sizes, reverse=True) and 2 <= len(listed) <= 2 * reasons.SHOWN
    assert {reason["effect"] > 0 for reason in listed} == {True, False}


def test_message_alone_has_the_answer_it_has_among_others(served, held, answers):
    alone = [served.margin([text])[0] for text in held[:20]]
    assert alone == pytest.approx(logit(answers["probability"][:20]), rel=1e-6)


def test_decision_is_the_cheaper_one():
    chance = np.array([0.0, 0.5, costs.LIMIT - 0.01, costs.LIMIT + 0.01, 1.0])
    shown, aside = chance * costs.SPAM_SHOWN, (1 - chance) * costs.HAM_LOST
    assert costs.decided(chance).tolist() == (aside < shown).tolist() == [False, False, False, True, True]
    assert costs.cost(np.array([0, 0, 1, 1]), np.array([False, True, False, True])).tolist() == [0, 20, 1, 0]


def test_f1_of_the_gate_is_that_of_scikit_learn(served, parts):
    from sklearn.metrics import f1_score

    rows = parts[1]["messages"].head(250)
    spam, margin = rows["spam"].to_numpy().astype(int), served.margin(rows["text"].tolist())
    values = report.values(spam, margin, margin > 0)["f1"]
    assert values.mean() == pytest.approx(f1_score(spam, margin > 0)) and values.mean() > 0.85


def test_what_is_unlike_all_that_was_learned_from_is_said(served):
    checked = served.predict_columns({"text": ["Bonjour, tu viens demain soir chez nous ?", "12345 !!", "ok, see you"]})
    expected = ["few of its words are known"], ["no letters"], []
    assert [[remark for remark in own if not remark.startswith("unlike")] for own in checked["unusual"]] == list(
        expected
    )
    assert "longer than every message known" in served.predict_columns({"text": ["so " * 333]})["unusual"][0]


def test_the_answer_in_another_column_has_no_effect(parts, weights):
    rows = parts[0]["messages"].head(60)
    planted = rows.assign(answer=rows["spam"])
    models = [task.train({"messages": table}, weights) for table in (rows, planted)]
    assert models[0].margin([EXAMPLE]) == models[1].margin([EXAMPLE])
