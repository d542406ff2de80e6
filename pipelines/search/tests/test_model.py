"""What is served: hits with their reasons, signs of the query, what is unusual."""

import pandas as pd
import pytest

from capstan.inputs import weights_files
from models.encoder import minilm
from pipelines.search import facets, quoting, training
from pipelines.search.ranking import CHOSEN

KEPT = 40


@pytest.fixture(scope="module")
def served(documents):
    short = sorted(documents, key=lambda document: len(document.fields["text"]))[:KEPT]
    rows = pd.DataFrame([{"key": document.key} | dict(document.fields) for document in short])
    return training.fit(rows, weights_files.fetch_all(minilm.WEIGHTS), CHOSEN)


def many(served, texts, count=5, design=None, organism=None, answer=False) -> dict:
    each = {"count": count, "design": design, "organism": organism, "answer": answer}
    return served.predict_columns({"query": texts} | {name: [value] * len(texts) for name, value in each.items()})


def ask(served, query, count=5, **filters) -> dict:
    return {name: values[0] for name, values in many(served, [query], count, **filters).items()}


def test_a_title_finds_its_abstract(served):
    index = served.index
    titles = [index.document(index.hit(place, 0.0)).fields["title"] for place in range(KEPT)]
    answers = many(served, titles[:10], 1)
    assert [hits[0]["item"] for hits in answers["hits"]] == titles[:10]


def test_what_is_shown_is_the_snippet_with_its_words(served, claims):
    for claim in claims[:10]:
        answer = ask(served, claim, 3)
        assert len(answer["hits"]) == 3
        titled = [f"{rank}. {hit['item']}\n{hit['snippet']}" for rank, hit in enumerate(answer["hits"], 1)]
        assert "".join(part["part"] for part in answer["shown"]) == "\n\n".join(titled)
        for hit in answer["hits"]:
            assert hit["words"] + hit["meaning"] == pytest.approx(hit["score"])
            assert all(hit["snippet"][start:end].isalnum() for start, end in hit["marks"])
        scores = [hit["score"] for hit in answer["hits"]]
        assert scores == sorted(scores, reverse=True) and 0 <= scores[-1] <= scores[0] <= 1
        assert all(hit["because"][-1].startswith("meaning (") for hit in answer["hits"])


def test_signs_leave_out_what_does_not_fit(served):
    everywhere = {hit["key"] for hit in ask(served, "cells", 10)["hits"]}
    without = ask(served, "cells -the -cells", 10)
    assert everywhere and all("cells" not in hit["snippet"].lower().split() for hit in without["hits"])
    nothing = ask(served, '"cells zebra quantum"')
    assert (nothing["hits"], nothing["shown"], nothing["unusual"]) == ([], [], ["no paper has what was asked for"])


def test_what_is_unlike_all_papers_is_said(served):
    answer = ask(served, "Wo bleibt der Zug nach Hamburg heute Abend?")
    assert answer["known"] < 0.5 and "few of its words are in any paper" in answer["unusual"]


def test_a_query_alone_has_the_answer_it_has_among_others(served, claims):
    together = many(served, claims[:5], 3)
    for place, claim in enumerate(claims[:5]):
        assert [hit["key"] for hit in ask(served, claim, 3)["hits"]] == [hit["key"] for hit in together["hits"][place]]


def test_a_filter_keeps_one_value_of_a_facet(served):
    whole = ask(served, "cells of patients", 10)
    counts = {(row["facet"], row["value"]): row["count"] for row in whole["facets"]}
    for organism in ("people", "mice"):
        answer = ask(served, "cells of patients", 10, organism=organism)
        assert {hit["organism"] for hit in answer["hits"]} <= {organism}
        there = {(row["facet"], row["value"]): row["count"] for row in answer["facets"] if row["facet"] == "organism"}
        assert there == {key: count for key, count in counts.items() if key == ("organism", organism)} != {}


@pytest.mark.parametrize(
    ("text", "design", "organism"),
    [
        ("A meta-analysis of randomised trials in women", "review", "people"),
        ("Randomized mice were given a placebo; mouse cells", "trial", "mice"),
        ("A cohort of patients with E. coli", "cohort", "people"),
        ("Structure of a protein", "other", "other"),
    ],
)
def test_facets_are_those_of_the_rules(text, design, organism):
    assert facets.of(text) == {"design": design, "organism": organism}


def test_quotes_are_sentences_of_the_papers_that_they_name(served):
    index = served.index
    documents = {hit.key: index.document(hit) for hit in (index.hit(number, 0.0) for number in range(KEPT))}
    titles = [document.fields["title"] for document in list(documents.values())[:8]]
    answered, answers = 0, many(served, titles, answer=True)
    for quotes, refused, hits in zip(answers["answer"], answers["refused"], answers["hits"], strict=True):
        assert bool(quotes) != bool(refused)
        answered += bool(quotes)
        for quote in quotes:
            text = documents[quote["key"]].fields["text"]
            assert quote["text"] == quoting.divided(text)[quote["sentence"] - 1] and quote["text"] in text
            place = int(quote["source"].partition(".")[0]) - 1
            assert place < quoting.PAPERS and hits[place]["key"] == quote["key"]
            assert quote["source"] == f"{place + 1}. {hits[place]['item']}"
            assert quote["chance"] >= quoting.CHOSEN.least
    assert answered >= 4


def test_what_nothing_answers_is_refused_and_what_is_not_asked_for_is_not_answered(served, claims):
    answer = ask(served, "Where can I buy a cheap train ticket to Hamburg?", answer=True)
    assert answer["answer"] == [] and answer["refused"] and len(answer["hits"]) == 5
    answer = ask(served, claims[0])
    assert (answer["answer"], answer["refused"]) == ([], None)
    assert ask(served, '"cells zebra quantum"', answer=True)["refused"]
