"""What is served: words that add up, lines by themselves, intervals that hold."""

import numpy as np
import pandas as pd
import pytest

from pipelines.sentiment import report, task
from pipelines.sentiment.model import lines
from pipelines.sentiment.schema import EXAMPLE, MOST, MOST_LINES, Prediction, Request

ODD = [
    "ok",
    ":)",
    "😀😀 😀",
    "\uff26\uff32\uff25\uff25 İstanbul ß",
    "é́ — “x”",
    "\n a\t\tb \n\n c ",
    "so " * 400,
    "a" * MOST,
    "\udcff?",
]


def asked(served, *texts: str, source: str | None = None) -> dict:
    return served.predict_columns({"text": list(texts), "source": [source] * len(texts)})


@pytest.fixture(scope="module")
def held(parts) -> pd.DataFrame:
    return parts[1]["snippets"]


@pytest.mark.parametrize(("text", "source"), [*zip(ODD, [None, "tweet"] * len(ODD), strict=False)])
def test_parts_are_the_text_and_add_up_to_the_score(served, text, source):
    answer = asked(served, text, source=source)
    [parts], count = answer["parts"], len(answer["lines"][0])
    assert "".join(part["part"] for part in parts) == text
    found = [text[start:end] for start, end in lines(text)]
    whole = count * answer["start"][0] + sum(part["effect"] for part in parts)
    assert whole == pytest.approx(served.score.predict(served.read(found, [source] * count)).sum(), abs=1e-3)
    Prediction.model_validate({name: column[0] for name, column in answer.items()})


def test_each_line_is_answered_as_if_it_were_alone(served):
    answers = asked(served, EXAMPLE)
    [told] = answers["lines"]
    for line in told:
        alone = asked(served, line["line"])
        assert alone["valence"][0] == pytest.approx(line["valence"], abs=1e-4)
        [same] = alone["lines"][0]
        assert (same["low"], same["high"]) == pytest.approx((line["low"], line["high"]), abs=1e-4)
    assert answers["valence"][0] == pytest.approx(np.mean([line["valence"] for line in told]))
    assert [place for place, _ in answers["course"][0]] == [1, 2, 3]


def test_pleasant_and_unpleasant_are_told_apart(served):
    answers = asked(served, "I love this, it is wonderful!", "I hate this, it is horrible.", "It opens at nine.")
    assert answers["valence"][0] > 1 and answers["valence"][1] < -0.5 and abs(answers["valence"][2]) < 1
    assert answers["tone"][:2] == ["positive", "negative"]
    assert answers["words"][0][0]["effect"] > 0 > answers["words"][1][0]["effect"]


def test_snippets_that_it_has_not_seen(served, held):
    evaluation = task.evaluate(served, {"snippets": held})
    assert evaluation.metrics["r"] > 0.55 and evaluation.metrics["coverage"] > 0.8
    assert evaluation.units["r"].mean() == pytest.approx(evaluation.metrics["r"])
    assert evaluation.metrics["r"] == pytest.approx(
        np.mean([evaluation.metrics[f"r_{source}"] for source in ("movie", "tweet", "amazon", "nyt")]), abs=0.01
    )


def test_without_a_source_the_text_decides(served):
    """A tweet is read as one, and its interval is narrower than that of a film review."""
    answers = asked(served, "@anna LOL thx :) can't wait 4 tonight!!", "The movie's plot is as thin as its characters.")
    assert answers["source"] == ["tweet", "movie"]
    tweet, film = (line["high"] - line["low"] for [line] in answers["lines"])
    assert tweet < film
    stated = asked(served, "The movie's plot is as thin as its characters.", source="tweet")
    assert stated["source"] == ["tweet"] and stated["lines"][0][0]["source"] == "tweet"


def test_r_is_the_mean_of_the_sources():
    rng = np.random.default_rng(0)
    valence, sources = rng.normal(size=400), rng.choice(["movie", "tweet", "nyt"], 400)
    predicted = valence + rng.normal(size=400) * np.where(sources == "nyt", 3, 1)
    mean = np.mean(list(report.by_source(valence, predicted, sources).values()))
    assert report.values(valence, predicted, sources)["r"].mean() == pytest.approx(mean)


def test_what_is_unlike_all_that_was_learned_from_is_said(served):
    answers = asked(served, "Bonjour, tu viens demain soir chez nous ?", "12345 !!", "a good film", "so " * 400)
    assert answers["unusual"] == [
        ["few of its words are known"], ["no letters"], [], ["a line longer than every snippet known"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"text": "  \n"}, "blank"),
        ({"text": ""}, "at least 1 character"),
        ({"text": "a" * (MOST + 1)}, f"at most {MOST} characters"),
        ({"text": "a\n" * (MOST_LINES + 1)}, f"at most {MOST_LINES} at a time"),
        ({"text": 5}, "valid string"),
        ({"text": "ok", "source": "blog"}, "'movie', 'tweet', 'amazon' or 'nyt'"),
        ({"text": "ok", "stars": 5}, "not permitted"),
    ],
)
def test_bad_input_is_named(asked, said):
    with pytest.raises(ValueError, match=said):
        Request.model_validate(asked)


def test_the_answer_in_another_column_has_no_effect(parts, weights):
    rows = parts[0]["snippets"].head(60)
    models = [task.train({"snippets": table}, weights) for table in (rows, rows.assign(answer=rows["valence"]))]
    first, second = (model.score.predict(model.read([EXAMPLE], [None])) for model in models)
    assert first == second
