"""Quotes: the figures of a sentence, which sentences are chosen, and the reasons that SciFact names."""

from functools import partial

import numpy as np
import pytest

from data_sets import scifact
from models.retrieval import queries
from models.retrieval.analysis import Analyzer
from models.retrieval.directory import Index
from models.retrieval.scoring import idf
from models.retrieval.writer import Writer
from pipelines.search import quoting
from pipelines.search.studies.quotes import study as quotes
from tests.support.data import DATA_DIR

SETTINGS = quoting.Settings((1.0, 0.0, 0.0, 0.0, 0.0), 0.0, 0.6)


def test_figures_of_sentences():
    near, shares = [np.array([0.5, 0.25]), np.array([0.75])], [np.array([1.0, 0.0]), np.array([0.5])]
    figures = quoting.figures(near, shares, [0.6, 0.7])
    expected = [[0.5, -0.25, 1.0, 0.6, 0.0], [0.25, -0.5, 0.0, 0.6, 0.5], [0.75, 0.0, 0.5, 0.7, 0.0]]
    assert figures == pytest.approx(np.array(expected)) and figures.shape[1] == len(quoting.NAMES)
    assert quoting.figures([], [], []).shape == (0, len(quoting.NAMES))


def test_the_likeliest_sentences_are_chosen_and_none_below_the_least():
    texts = [["one.", "two."], ["three.", "four.", "five."]]
    probability = np.array([0.61, 0.7, 0.2, 0.9, 0.65])
    sentences = quoting.chosen(texts, probability, SETTINGS)
    assert [(sentence.paper, sentence.sentence, sentence.text) for sentence in sentences] == [
        (1, 1, "four."),
        (0, 1, "two."),
        (1, 2, "five."),
    ]
    assert [sentence.probability for sentence in sentences] == [0.9, 0.7, 0.65]
    assert quoting.chosen(texts, probability - 0.35, SETTINGS) == []


def test_the_share_of_rare_words(documents, tmp_path):
    with Writer(tmp_path, ("title", "text")) as writer:
        for document in documents[:50]:
            writer.add(document)
        writer.commit()
    index = Index(tmp_path)
    rareness = quoting.Rareness(index, queries.words("cells zebra", Analyzer()))
    cells, zebra = (idf(50, index.having(Analyzer().terms(word)[0])) for word in ("cells", "zebra"))
    assert 0 < cells < zebra
    assert rareness.share("A cell of mice.") == pytest.approx(cells / (cells + zebra))
    assert (rareness.share("Zebra cells."), rareness.share("Nothing.")) == (1.0, 0.0)


def test_reasons_are_sentences_of_the_abstracts():
    data, reasons = scifact.load(DATA_DIR), scifact.reasons(DATA_DIR)
    texts = dict(zip(data.keys, data.texts, strict=True))
    sizes = {key: len(quoting.divided(texts[key])) for _, key in reasons}
    outside = [pair for pair, numbers in reasons.items() if max(numbers) >= sizes[pair[1]]]
    assert len(reasons) > 700 and len(outside) <= 5
    claims = {key for part in data.claims.values() for key in part.keys}
    assert {claim for claim, _ in reasons} <= claims


def test_weights_learn_what_decides_and_the_least_chance_refuses_few():
    random = np.random.default_rng(0)
    rows = [random.random((8, len(quoting.NAMES))) for _ in range(200)]
    decides = [np.arange(8) == row[:, 2].argmax() for row in rows]
    settings = quotes.learned(quotes.Reading(rows, decides))
    assert int(np.argmax(np.abs(settings.weights))) == 2
    test = quotes.Reading(rows, decides)
    probability = partial(quoting.probabilities, settings=settings)
    assert test.first(probability, 1).mean() > 0.9
    assert (test.best(probability) < settings.least).mean() == pytest.approx(quotes.REFUSED, abs=0.03)
