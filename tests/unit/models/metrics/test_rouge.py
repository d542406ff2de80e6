"""ROUGE, next to an example by hand, and next to `rouge-score`."""

import gzip
import json

import pytest
from rouge_score.rouge_scorer import RougeScorer

from models.metrics import rouge
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def papers() -> list[dict]:
    """Abstracts, sentence by sentence, and their summaries of a sentence, some with several."""
    with gzip.open(DATA_DIR / "scitldr" / "test.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line, _ in zip(lines, range(40), strict=False)]


@pytest.mark.parametrize(("name", "length"), [("rouge1", 1), ("rouge2", 2), ("rougeL", 0)])
def test_scores_are_those_of_rouge_score(papers, name, length):
    scorer = RougeScorer([name])
    for paper in papers:
        for reference in paper["target"]:
            wanted, summary = scorer.score(reference, paper["source"][0])[name], paper["source"][0]
            scores = rouge.runs(reference, summary, length) if length else rouge.longest(reference, summary)
            assert scores == pytest.approx((wanted.precision, wanted.recall, wanted.fmeasure), abs=1e-12)


def test_of_several_references_the_nearest_counts(papers):
    scorer, paper = RougeScorer(["rouge2"]), max(papers, key=lambda paper: len(paper["target"]))
    wanted = max(scorer.score(reference, paper["source"][0])["rouge2"].fmeasure for reference in paper["target"])
    assert len(paper["target"]) > 1 and rouge.best(paper["target"], paper["source"][0], 2).f == pytest.approx(wanted)


@pytest.mark.parametrize(("one", "other"), [("", "a"), ("a", ""), ("", ""), ("b", "a"), ("a", "...")])
def test_texts_without_a_common_word_have_no_score(one, other):
    assert rouge.runs(one, other, 1) == rouge.runs(one, other, 2) == rouge.longest(one, other) == (0, 0, 0)


def test_scores_of_the_papers_example():
    """Lin (2004), section 3: the police killed the gunman, and two summaries of it."""
    reference, first, second = "police killed the gunman", "police kill the gunman", "the gunman kill police"
    assert rouge.longest(reference, first).recall == 3 / 4 and rouge.longest(reference, second).recall == 2 / 4
    assert rouge.runs(reference, first, 2).recall == rouge.runs(reference, second, 2).recall == 1 / 3
    assert rouge.runs(reference, first + " kill", 1) == pytest.approx((3 / 5, 3 / 4, 2 / 3))


def test_the_nearest_of_some_references_is_taken():
    assert rouge.best(["nothing of it", "a short text", "a text"], "a text", 1).f == 1
