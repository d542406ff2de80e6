"""What is served: places that are right, probabilities that add up, and metrics of texts that were not learned from."""

import copy
import pickle

import numpy as np
import pytest
from scipy.sparse import csr_array

from data_sets import scitldr
from models.text import extractive_summary
from pipelines.documents import report, task
from pipelines.documents.model import NONE
from pipelines.documents.schema import EXAMPLE, Prediction, Request
from tests.support.data import DATA_DIR

ODD = [
    "ok",
    ":) x",
    "\U0001f600 a",
    "\uff26\uff32\uff25\uff25 \u0130stanbul \u00df",
    "so " * 300,
    "a" * 5_000,
    "One.\n\nTwo",
]


def asked(served, *texts: str) -> list[dict]:
    read = [Request(text=text).text for text in texts]
    answers = served.predict_columns({"text": read})
    return [{name: column[row] for name, column in answers.items()} for row in range(len(texts))]


@pytest.mark.parametrize("text", [*ODD, EXAMPLE], ids=lambda text: text[:20])
def test_answers_keep_the_contract_and_places_are_in_the_text(served, text):
    [answer] = asked(served, text)
    Prediction.model_validate(answer)
    assert "".join(part["part"] for part in answer["marked"]) == answer["text"]
    assert all(answer["text"][name["start"] : name["end"]] == name["name"] for name in answer["entities"])
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    likeliest = max(answer["probabilities"], key=answer["probabilities"].get)
    if answer["group"] == NONE:
        assert answer["path"] == []
    else:
        assert answer["path"][-1]["branch"] == answer["group"] == likeliest


def test_example_is_understood(served):
    [answer] = asked(served, EXAMPLE)
    assert answer["language"] == "English" and {found["kind"] for found in answer["personal"]} == {"mail", "telephone"}
    assert "anna.berg" not in str(answer) and answer["group"].startswith("sci")


def test_answer_has_no_part_of_the_other_rows(served):
    together, alone = asked(served, EXAMPLE, "so " * 300)[0], asked(served, EXAMPLE)[0]
    assert together["probabilities"] == pytest.approx(alone["probabilities"])
    assert together["summary"] == alone["summary"] and together["entities"] == alone["entities"]


def test_what_is_unlike_all_that_was_learned_from_is_said(served):
    answers = asked(
        served, "Der Hund ist nicht auf dem Dach, und er war auch nicht im Haus.", "This is how it was done."
    )
    assert "not English, which alone was learned" in answers[0]["unusual"] and answers[1]["unusual"] == []


def test_texts_that_it_has_not_seen(served, parts):
    evaluation = task.evaluate(served, parts[1])
    for name in report.COMPARED:
        assert evaluation.units[name].mean() == pytest.approx(evaluation.metrics[name])
    assert evaluation.metrics["log_loss"] < evaluation.metrics["log_loss_of_simple"]
    assert evaluation.metrics["flagged"] < 0.1 and evaluation.metrics["abstracts_flagged"] > 0.3
    assert evaluation.metrics["rouge_1"] > evaluation.metrics["rouge_1_of_simple"] + 2
    assert evaluation.metrics["entity_f1"] > evaluation.metrics["entity_f1_of_simple"]


def test_a_text_of_no_newsgroup_is_none_of_these(served, parts):
    texts = parts[1]["papers"]["sentences"].head(20).tolist()
    outside = served.outside(texts)
    answers = asked(served, *texts)
    assert 0 < outside.sum() < 20
    assert [answer["group"] == NONE for answer in answers] == outside.tolist()
    assert all(answer["probabilities"] and not answer["path"] for answer in answers if answer["group"] == NONE)


def test_a_version_from_before_names_a_group_of_each_text(served):
    """Its groups are of a class that knows no text outside."""
    older = copy.copy(served)
    older.groups = served.baseline_topics
    [answer] = asked(pickle.loads(pickle.dumps(older)), "qwertz uiop")
    assert answer["group"] == max(answer["probabilities"], key=answer["probabilities"].get)
    assert answer["path"][-1]["branch"] == answer["group"]


def test_units_of_three_parts_vary_as_each_part_does():
    random = np.random.default_rng(0)
    few, many = random.normal(size=50), random.normal(size=400)
    table = report.joined([{"few": few}, {"many": many}])
    for name, column in (("few", few), ("many", many)):
        assert table[name].mean() == pytest.approx(column.mean())
        assert table[name].std(ddof=0) / np.sqrt(450) == pytest.approx(column.std() / np.sqrt(len(column)))


def test_what_is_said_of_a_text_has_no_part_of_its_own_references():
    """References of one text that are turned around change nothing of what ridge regression says of it."""
    random = np.random.default_rng(0)
    rows, paper, goal = csr_array(random.normal(size=(60, 8))), np.repeat(np.arange(20), 3), random.normal(size=60)
    turned = np.where(paper == 7, -9 * goal, goal)
    scores = [extractive_summary.out_of_fold(rows, target, paper, 0) for target in (goal, turned)]
    assert scores[0][paper == 7] == pytest.approx(scores[1][paper == 7]) and not np.allclose(*scores)


def test_a_text_without_sentences_has_no_summary(served):
    assert served.summaries([[], ["A sentence."]], ["", ""]) == ["", "A sentence."]


def test_no_message_to_learn_from_is_one_to_test_on(tables):
    past, test = task.split(tables)
    assert not set(past["messages"]["text"]) & set(test["messages"]["text"])
    assert sum(map(len, (*past.values(), *test.values()))) == sum(map(len, tables.values()))


def test_no_abstract_or_title_is_in_two_parts_and_the_test_part_is_whole():
    published = scitldr.papers(scitldr.files(DATA_DIR))
    papers = task.load(DATA_DIR)["papers"]
    for column, copies in (("sentences", 3), ("title", 6)):
        of_test, of_learned = (
            set(rows[column].str.lower().str.split().str.join(" "))
            for rows in (published[published["part"] == "test"], papers[papers["part"] != "test"])
        )
        others = published.loc[published["part"] != "test", column].str.lower().str.split().str.join(" ")
        assert len(of_test & set(others)) == copies and not of_test & of_learned
        dev, train = (set(papers.loc[papers["part"] == part, column]) for part in ("dev", "train"))
        assert not dev & train
    assert papers["part"].value_counts().to_dict() == {"train": 1982, "dev": 618, "test": 618}


def test_rows_keep_the_contracts(tables):
    for name, contract in task.contracts().items():
        contract.validate(tables[name])
